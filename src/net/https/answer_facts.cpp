#include "net/https/answer_facts.hpp"

#include <latchkey/core/text/ascii.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace latchkey::net {

namespace {

constexpr core::seconds max_age_max(std::int64_t{1} << 31);

core::seconds seconds_of(std::string_view text) {
    if (text.size() > 1 && text.starts_with('"') && text.ends_with('"'))
        text = text.substr(1, text.size() - 2);
    std::int64_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error == std::errc::result_out_of_range && end == last && !text.starts_with('-'))
        return max_age_max;
    if (error != std::errc() || end != last || number < 0) return core::seconds(0);
    return std::min(core::seconds(number), max_age_max);
}

std::optional<core::seconds> age_in(std::string_view directive) {
    const auto name = core::next_part(directive, '=');
    if (core::same_text(name, "no-store") || core::same_text(name, "no-cache"))
        return core::seconds(0);
    if (core::same_text(name, "max-age")) return seconds_of(core::trimmed(directive));
    return std::nullopt;
}

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

constexpr int year_max = 2261; // the clock's nanoseconds end in 2262

// Reads all of `text` as a number; -1 if a character is not a digit.
int digits(std::string_view text) {
    int out = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return -1;
        out = out * 10 + (c - '0');
    }
    return out;
}

// True if the fixed characters are as in the pattern, in which x stands for a digit or letter.
bool has_form(std::string_view text) {
    constexpr std::string_view pattern = "xxx, xx xxx xxxx xx:xx:xx GMT";
    return text.size() == pattern.size() &&
           std::ranges::equal(text, pattern, [](char c, char p) { return p == 'x' || c == p; });
}

} // namespace

std::optional<core::seconds> max_age_of(std::string_view cache_control) noexcept {
    std::optional<core::seconds> least;
    while (!cache_control.empty()) {
        const auto age = age_in(core::next_part(cache_control, ','));
        if (age) least = least ? std::min(*least, *age) : *age;
    }
    return least;
}

std::optional<core::real_time> read_date(std::string_view text) noexcept {
    if (!has_form(text) || std::ranges::find(days, text.substr(0, 3)) == days.end())
        return std::nullopt;
    const auto month = std::ranges::find(months, text.substr(8, 3)) - months.begin();
    const int day = digits(text.substr(5, 2)), year = digits(text.substr(12, 4));
    const int hour = digits(text.substr(17, 2)), minute = digits(text.substr(20, 2));
    const int second = digits(text.substr(23, 2)); // 60 is a leap second
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month) + 1),
                                           std::chrono::day(static_cast<unsigned>(day))};
    const auto within = [](int n, int most) { return n >= 0 && n <= most; };
    if (year < 1970 || year > year_max || day < 1 || !date.ok() || !within(hour, 23) ||
        !within(minute, 59) || !within(second, 60))
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           core::seconds(second);
}

} // namespace latchkey::net
