#pragma once
// The parameters of a query, as an endpoint reads them and the description of the API tells them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace latchkey::api {

enum class parameter_kind {
    text,
    words,   ///< one of them
    page,    ///< how many objects a page has
    seconds, ///< a number of them, at least 1
    time,
    hash, ///< a SHA-256 in hexadecimal digits
    cost, ///< of a question, in a limit
    texts ///< one; the parameter may be repeated
};

struct query_parameter {
    std::string_view name;
    parameter_kind kind = parameter_kind::text;
    std::string_view says{};
    std::span<const std::string_view> words{};
    bool required = false;
};

/// A query's parameters, by which it is read and described.
template <std::size_t N>
class query_table {
  public:
    constexpr explicit query_table(const query_parameter (&all)[N]) {
        std::ranges::copy(all, all_.begin());
        std::ranges::transform(all_, names_.begin(), &query_parameter::name);
    }
    constexpr std::span<const query_parameter> all() const { return all_; }
    constexpr std::span<const std::string_view> names() const { return names_; }

  private:
    std::array<query_parameter, N> all_{};
    std::array<std::string_view, N> names_{};
};

} // namespace latchkey::api
