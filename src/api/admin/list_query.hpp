#pragma once
// The query of a list: ?name=door&state=active&limit=100&cursor=…. Values are percent-decoded, and
// '+' is a space, as forms and most programs write them. Whatever cannot be read is refused with a
// sentence that names the parameter: a filter that is passed over would show too much.

#include <latchkey/api/field_terms.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::api {

/// The parameters that a query gives, of those that an endpoint knows.
class query_parameters {
  public:
    /// Fails for a name that is not known (with the nearest one), a repeated one, and a value that
    /// is empty or no text in UTF-8. `known` must outlive this object.
    static core::result<query_parameters> read(std::string_view query,
                                               std::span<const std::string_view> known);

    /// Returns nullopt for one that is not given. `name` is one of the known.
    const std::optional<std::string>& operator[](std::string_view name) const;

    // --- Each fails with a sentence; without the parameter, there is no value ---
    core::result<std::optional<std::int64_t>> integer(std::string_view name, std::int64_t min,
                                                      std::int64_t max) const;
    core::result<std::optional<core::seconds>> seconds(std::string_view name) const;
    core::result<std::optional<std::string>> one_of(std::string_view name,
                                                    std::span<const std::string_view> words) const;
    /// A SHA-256 in hexadecimal digits, as 32 bytes.
    core::result<std::optional<std::string>> hash(std::string_view name) const;
    /// A page's size: 100 without "limit".
    core::result<std::size_t> limit() const;
    /// The id that `cursor_after` has put into "cursor".
    core::result<std::optional<std::string>> after() const;

  private:
    explicit query_parameters(std::span<const std::string_view> known)
        : known_(known), values_(known.size()) {}

    std::span<const std::string_view> known_;
    std::vector<std::optional<std::string>> values_;
};

/// Takes several values, and keeps the first failure.
struct first_failure {
    std::optional<core::failure> why{};

    template <class T>
    first_failure& take(core::result<T> value, T& out) {
        if (value)
            out = std::move(*value);
        else if (!why)
            why = value.error();
        return *this;
    }
};

/// The cursor of the page after this id: base64url, because ids may hold any characters.
std::string cursor_after(std::string_view id);

} // namespace latchkey::api
