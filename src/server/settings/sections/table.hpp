#pragma once
// Helpers for the rows of the table of settings: the values that a setting takes, and its field.
// Each section has its own file here.

#include "server/settings/sections/well_formed.hpp"
#include "server/settings/setting.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace latchkey::server::settings {

// --- The sections, in the order of the reference ---

std::span<const setting> server_section();
std::span<const setting> auth_section();
std::span<const setting> tls_section();
std::span<const setting> admin_section();
std::span<const setting> database_section();
std::span<const setting> legacy_section();
std::span<const setting> breaker_section();
std::span<const setting> cache_section();
std::span<const setting> tokens_section();
std::span<const setting> use_section();
std::span<const setting> audit_section();
std::span<const setting> compression_section();
std::span<const setting> log_section();
std::span<const setting> tracing_section();
std::span<const setting> rate_limit_section();

// --- The tables that may be repeated ---

repeated_table known_callers();
repeated_table forward_policies();
repeated_table issuers();
repeated_table rate_policies();

// --- Values that settings take ---

constexpr value_type flag() {
    return {.kind = value_kind::flag};
}
constexpr value_type count(std::int64_t min, std::int64_t max) {
    return {.kind = value_kind::count, .min = min, .max = max};
}
constexpr value_type bytes(std::int64_t min, std::int64_t max) {
    return {.kind = value_kind::bytes, .min = min, .max = max};
}
constexpr value_type duration(core::milliseconds min, core::milliseconds max) {
    return {.kind = value_kind::duration, .min = min.count(), .max = max.count()};
}
/// A duration, or the word for no bound, which is the greatest number of milliseconds.
constexpr value_type duration_or(core::milliseconds min, core::milliseconds max,
                                 std::string_view no_bound) {
    auto type = duration(min, max);
    type.no_bound = no_bound;
    return type;
}
constexpr value_type choice(std::span<const std::string_view> names) {
    return {.kind = value_kind::choice, .choices = names};
}
constexpr value_type text(bool (*well_formed)(std::string_view), std::string_view expected) {
    return {.kind = value_kind::text, .well_formed = well_formed, .expected = expected};
}
constexpr value_type secret(bool (*well_formed)(std::string_view), std::string_view expected) {
    return {.kind = value_kind::secret, .well_formed = well_formed, .expected = expected};
}

using namespace std::chrono_literals;
inline constexpr std::int64_t KiB = 1024;
inline constexpr std::int64_t MiB = 1024 * KiB;

/// Written behind a setting's help if a reload applies it.
inline constexpr bool reloadable = true;

// --- Fields of settings ---

inline plain_value plain(bool value) {
    return value;
}
inline plain_value plain(core::milliseconds value) {
    return static_cast<std::int64_t>(value.count());
}
inline plain_value plain(const std::string& value) {
    return value;
}
inline plain_value plain(const crypto::secret& value) {
    return std::string(value.reveal());
}
template <class Number>
requires(std::integral<Number> || std::is_enum_v<Number>) plain_value plain(Number value) {
    return static_cast<std::int64_t>(value);
}

template <class Rep, class Period>
void set(std::chrono::duration<Rep, Period>& field, plain_value value) {
    field = std::chrono::duration_cast<std::chrono::duration<Rep, Period>>(
        core::milliseconds(std::get<std::int64_t>(value)));
}
inline void set(bool& field, plain_value value) {
    field = std::get<bool>(value);
}
inline void set(std::string& field, plain_value value) {
    field = std::get<std::string>(std::move(value));
}
inline void set(crypto::secret& field, plain_value value) {
    field = crypto::secret(std::get<std::string>(std::move(value)));
}
template <class Number>
requires(std::integral<Number> || std::is_enum_v<Number>) void set(Number& field,
                                                                   plain_value value) {
    field = static_cast<Number>(std::get<std::int64_t>(value));
}

/// A field of the last repeated table; if there is no table, reading returns the default.
template <auto List, auto Field>
inline constexpr field_access last_at = {
    [](const configuration& c) {
        using table = typename std::remove_cvref_t<decltype(c.*List)>::value_type;
        return plain((c.*List).empty() ? table{}.*Field : (c.*List).back().*Field);
    },
    [](configuration& c, plain_value value) { set((c.*List).back().*Field, std::move(value)); }};

template <auto Section, auto Field>
inline constexpr field_access at = {
    [](const configuration& c) { return plain(c.*Section.*Field); },
    [](configuration& c, plain_value value) { set(c.*Section.*Field, std::move(value)); }};

} // namespace latchkey::server::settings
