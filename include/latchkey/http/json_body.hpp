#pragma once
// Reads a request's JSON object by a table of its fields, strictly: unknown and duplicate names,
// wrong types, missing fields, bad UTF-8 and trailing text are refused with a sentence that says
// what and where. A field that is not required may be null, and then counts as not sent: that is
// how many programs write what they leave out. The text is parsed by Boost.JSON.

#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

/// A 415 that says which type to send, unless the request says that its body is JSON.
std::optional<refusal> unless_json(const request&);

enum class json_kind {
    text,    ///< a string
    texts,   ///< an array of strings
    integer, ///< an integer of 64 bits, written without fraction and exponent
    object,  ///< an object, kept as compact JSON text
    objects, ///< an array of objects, each kept as compact JSON text
    boolean, ///< true or false
};

struct json_field {
    std::string_view name;
    json_kind kind = json_kind::text;
    bool required = false;
};

struct json_value {
    bool present = false;
    bool null = false;     ///< sent as null, and not present: what a PATCH clears by
    std::string_view text; ///< of a text; of an object, its JSON
    std::int64_t integer = 0;
    bool boolean = false;
    std::vector<std::string_view> texts; ///< of texts; of objects, their JSON
};

/// Reused from request to request; one per request in progress. Values are views into the body
/// where it has no escapes, and into memory of this object elsewhere.
class json_body {
  public:
    static constexpr std::size_t fields_max = 12;

    json_body();
    ~json_body();
    json_body(const json_body&) = delete;
    json_body& operator=(const json_body&) = delete;

    /// `fields` must outlive the values. Nothing, when all is well; else a 400.
    std::optional<refusal> read(std::string_view body, std::span<const json_field> fields);

    /// By the field's place in the table. Valid until the next read, while the body is.
    const json_value& operator[](std::size_t field) const { return values_[field]; }

  private:
    class handler;
    struct parser;
    void clear();

    std::array<json_value, fields_max> values_;
    std::deque<std::string> unescaped_; ///< texts that are not found verbatim in the body
    std::unique_ptr<parser> parser_;
};

} // namespace latchkey::http
