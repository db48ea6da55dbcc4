#pragma once
// Checks that a text is JSON, without keeping what it says.

#include <cstddef>
#include <memory>
#include <string_view>

namespace latchkey::http {

/// Takes the text in pieces, so that a long text can be checked in slices.
class json_grammar {
  public:
    static constexpr std::size_t depth_max = 64;

    json_grammar();
    ~json_grammar();
    json_grammar(const json_grammar&) = delete;
    json_grammar& operator=(const json_grammar&) = delete;

    void begin();
    /// Returns false if the text cannot be JSON. True for the `last` piece: the text is one JSON
    /// value.
    bool feed(std::string_view piece, bool last);

  private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

} // namespace latchkey::http
