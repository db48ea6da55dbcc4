#pragma once
// Is a text JSON? Asked without caring what it says.

#include <cstddef>
#include <memory>
#include <string_view>

namespace latchkey::http {

/// Fed in pieces, so that a long text can be checked in slices.
class json_grammar {
  public:
    static constexpr std::size_t depth_max = 64;

    json_grammar();
    ~json_grammar();
    json_grammar(const json_grammar&) = delete;
    json_grammar& operator=(const json_grammar&) = delete;

    void begin();
    /// False: it is not JSON, whatever comes. True for the `last` piece: it is one JSON value.
    bool feed(std::string_view piece, bool last);

  private:
    struct parser;
    std::unique_ptr<parser> parser_;
};

} // namespace latchkey::http
