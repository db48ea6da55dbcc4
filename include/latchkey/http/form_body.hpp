#pragma once
// Reads a request's form (application/x-www-form-urlencoded) by a table of its fields, strictly:
// a known name that comes twice, an escape that is incomplete, bytes that are no UTF-8, control
// characters and empty parts are refused with a sentence that says what is wrong and where. A field
// without a value counts as not sent (RFC 6749, section 3.1). Names and values are decoded both.
//
//   constexpr json_fields fields({{"grant_type", json_kind::text, true},
//                                 {"resource", json_kind::texts}});
//   if (const auto why = form.read(ex.request.body, fields)) return ex.refuse(*why);
//   use(form[fields["grant_type"]].text, form[fields["resource"]].texts);

#include <latchkey/crypto/secret.hpp>
#include <latchkey/http/json_fields.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string_view>

namespace latchkey::http {

inline constexpr std::string_view form_type = "application/x-www-form-urlencoded";

/// Returns a 415 that says which type to send, or nullopt if the request says that its body is a
/// form.
std::optional<refusal> unless_form(const request&);

/// What becomes of names that the table does not have.
enum class unknown_fields {
    ignored, ///< OAuth asks for that (RFC 6749, section 3.2)
    refused,
};

/// Reused from request to request; one per request in progress. Values are views into the form, or
/// into memory of this object if the text has escapes.
class form_body {
  public:
    static constexpr std::size_t fields_max = json_body::fields_max;

    /// Returns nullopt if all is well, else a 400 that repeats no value, and a name only if it is a
    /// known one or resembles one. `fields` are of kind text, or of kind texts, which may come
    /// several times (field_terms::items_max at most), and must outlive the values.
    std::optional<refusal> read(std::string_view form, std::span<const json_field> fields,
                                unknown_fields = unknown_fields::ignored);

    /// Returns the value of a field by its position in the table. Valid until the next `read`, and
    /// only while the form exists.
    const json_value& operator[](std::size_t field) const { return values_[field]; }

    /// True if the field is in the form, perhaps without a value.
    bool named(std::size_t field) const noexcept { return named_[field]; }

    /// Forgets the values, and overwrites what was decoded.
    void clear() noexcept;

  private:
    std::optional<refusal> take(std::string_view part, std::span<const json_field>, unknown_fields);
    std::optional<std::string_view> decoded(std::string_view);

    std::array<json_value, fields_max> values_;
    std::array<bool, fields_max> named_{};
    std::deque<crypto::secret> decoded_; ///< texts that do not stand verbatim in the form
};

} // namespace latchkey::http
