#include "auth/organization/organization_numbers.hpp"

#include <charconv>
#include <cstdint>
#include <limits>

namespace latchkey::auth {

namespace {

constexpr int digits_max = 1000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view without_white_space(std::string_view text) {
    constexpr std::string_view white = " \t\n\v\f\r";
    const auto first = text.find_first_not_of(white);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

bool take_sign(std::string_view& text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    return negative;
}

int take_base(std::string_view& text) {
    const auto letter = text.starts_with('0') && text.size() > 1 ? text[1] | 0x20 : 0;
    const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10) text.remove_prefix(2);
    if (base != 10 && text.starts_with('_')) text.remove_prefix(1);
    return base;
}

// Takes digits; a single underscore may stand between two.
std::string take_digits(std::string_view& text) {
    std::string out;
    while (!text.empty()) {
        const bool joins = text.front() == '_' && !out.empty() && text.size() > 1 && text[1] != '_';
        const char c = joins ? text[1] : text.front();
        if (!is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'f')) break;
        out += c;
        text.remove_prefix(joins ? 2 : 1);
    }
    return out;
}

bool is_decimal(std::string_view digits) {
    return digits.find_first_not_of("0123456789") == digits.npos;
}

// Returns zero if there is no exponent, and nullopt if it cannot be read.
std::optional<int> take_exponent(std::string_view& text) {
    if (text.empty() || (text.front() | 0x20) != 'e') return 0;
    text.remove_prefix(1);
    if (text.starts_with('+')) text.remove_prefix(1);
    int out = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, out);
    if (read.ec != std::errc() || out > digits_max || out < -digits_max) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return out;
}

// Returns `whole`.`fraction` without redundant zeros.
std::string trimmed_number(bool negative, std::string whole, std::string fraction) {
    whole.erase(0, whole.find_first_not_of('0'));
    fraction.erase(fraction.find_last_not_of('0') + 1);
    if (whole.empty() && fraction.empty()) return "0";
    if (whole.empty()) whole = "0";
    return (negative ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
}

} // namespace

std::optional<std::string> canonical_integer(std::string_view text) {
    text = without_white_space(text);
    const bool negative = take_sign(text);
    const int base = take_base(text);
    const auto digits = take_digits(text);
    if (digits.empty() || !text.empty()) return std::nullopt;
    std::uint64_t number = 0;
    const auto* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, number, base);
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (read.ec != std::errc() || read.ptr != end || number > largest + negative)
        return std::nullopt;
    return (negative && number > 0 ? "-" : "") + std::to_string(number);
}

std::optional<std::string> canonical_decimal(std::string_view text) {
    if (auto whole = canonical_integer(text)) return whole;
    text = without_white_space(text);
    const bool negative = take_sign(text);
    const auto point = text.find_first_of(".eE");
    auto before = text.substr(0, point);
    text.remove_prefix(before.size());
    auto whole = take_digits(before);
    std::string fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        auto behind = text.substr(0, text.find_first_of("eE"));
        text.remove_prefix(behind.size());
        fraction = take_digits(behind);
        if (!behind.empty()) return std::nullopt;
    }
    const auto exponent = take_exponent(text);
    if (!exponent || !text.empty() || !before.empty()) return std::nullopt;
    if (whole.size() + fraction.size() == 0 || whole.size() + fraction.size() > digits_max ||
        !is_decimal(whole) || !is_decimal(fraction))
        return std::nullopt;
    for (int e = 0; e < *exponent; ++e) {
        whole += fraction.empty() ? '0' : fraction.front();
        if (!fraction.empty()) fraction.erase(0, 1);
    }
    for (int e = 0; e > *exponent; --e) {
        fraction.insert(fraction.begin(), whole.empty() ? '0' : whole.back());
        if (!whole.empty()) whole.pop_back();
    }
    return trimmed_number(negative, std::move(whole), std::move(fraction));
}

} // namespace latchkey::auth
