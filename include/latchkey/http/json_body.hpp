#pragma once
// Reads a request's JSON object by a table of its fields, strictly: unknown and duplicate names,
// wrong types, missing fields, bad UTF-8 and trailing text are refused with a sentence that says
// what is wrong and where. An optional field may be null and then counts as not sent, because many
// programs write null for what they leave out. Boost.JSON parses what is more than plain strings.
//
//   constexpr std::array<json_field, 2> fields = {{{"name", json_kind::text, true},
//                                                  {"scopes", json_kind::texts}}};
//   if (const auto why = body.read(ex.request.body, fields)) return ex.refuse(*why);
//   use(body[0].text, body[1].texts);

#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

/// Returns a 415 that says which type to send, or nullopt if the request says that its body is
/// JSON.
std::optional<refusal> unless_json(const request&);

enum class json_kind {
    text,    ///< a string
    texts,   ///< an array of strings
    integer, ///< a 64-bit integer, written without fraction and exponent
    object,  ///< an object, kept as compact JSON text
    objects, ///< an array of objects, each kept as compact JSON text
    boolean, ///< true or false
};

struct json_field;

/// What a field means, and what its endpoint asks of it beyond its kind. The description of the API
/// tells it; bounds and words are checked by the endpoints, which read them here.
struct field_terms {
    std::string_view says{}; ///< one line
    std::int64_t min = std::numeric_limits<std::int64_t>::min();
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    std::span<const std::string_view> words{}; ///< the texts that are allowed; empty: any
    std::string_view format{};                 ///< of a text: "date-time"; "password" for a secret
    std::span<const json_field> members{};     ///< of an object; empty: any
    std::size_t items_max = 0;                 ///< of a list; 0: no bound of its own
    constexpr bool bounds(std::int64_t n) const { return n >= min && n <= max; }
};

struct json_field {
    std::string_view name;
    json_kind kind = json_kind::text;
    bool required = false;
    const field_terms* terms = nullptr;
};

struct json_value {
    bool present = false;
    bool null = false;     ///< sent as null, so not present; a PATCH clears a value with it
    std::string_view text; ///< of kind text, or the JSON of kind object
    std::int64_t integer = 0;
    bool boolean = false;
    std::vector<std::string_view> texts; ///< of kind texts, or the JSON of each object
};

/// Reused from request to request; one per request in progress. Values are views into the body, or
/// into memory of this object if the text has escapes.
class json_body {
  public:
    static constexpr std::size_t fields_max = 12;

    json_body();
    ~json_body();
    json_body(const json_body&) = delete;
    json_body& operator=(const json_body&) = delete;

    /// Returns nullopt if all is well, else a 400. `fields` must outlive the values.
    std::optional<refusal> read(std::string_view body, std::span<const json_field> fields);

    /// Returns the value of a field by its position in the table. Valid until the next `read`, and
    /// only while the body exists.
    const json_value& operator[](std::size_t field) const { return values_[field]; }
    /// One bit for each field that the last body named, also for those that are null there.
    std::uint32_t named() const noexcept { return named_; }

  private:
    class handler;
    struct parser;
    void clear();
    bool read_plainly(std::string_view body, std::span<const json_field> fields);

    std::array<json_value, fields_max> values_;
    static_assert(fields_max <= 32);
    std::uint32_t named_ = 0;           ///< one bit for each field that the last body named
    std::deque<std::string> unescaped_; ///< texts that do not stand verbatim in the body
    std::unique_ptr<parser> parser_;
};

} // namespace latchkey::http
