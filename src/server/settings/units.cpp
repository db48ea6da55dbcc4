#include "server/settings/units.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace latchkey::server {

namespace {

struct unit {
    std::string_view name;
    std::int64_t factor;
};

// Largest first, because formatting takes the first unit that divides.
constexpr std::array<unit, 5> duration_units = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<unit, 4> byte_units = {
    {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

core::failure complaint(std::string message) {
    return {core::failure_kind::invalid, std::move(message)};
}

struct number_and_unit {
    std::int64_t number;
    std::string_view unit;
};

core::result<number_and_unit> split(std::string_view text, const char* noun) {
    if (text.empty()) return complaint("is empty");
    if (text.front() < '0' || text.front() > '9') return complaint(std::string("is no ") + noun);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range) return complaint("is too large");
    return number_and_unit{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

core::result<std::int64_t> multiply(number_and_unit given, std::span<const unit> units,
                                    const char* names) {
    for (const auto& u : units) {
        if (u.name != given.unit) continue;
        if (given.number > std::numeric_limits<std::int64_t>::max() / u.factor)
            return complaint("is too large");
        return given.number * u.factor;
    }
    return complaint(std::string("has an unknown unit (the units are ") + names + ")");
}

std::string format(std::int64_t number, std::span<const unit> units, std::string_view zero) {
    if (number == 0) return std::string(zero);
    for (const auto& u : units)
        if (number % u.factor == 0) return std::to_string(number / u.factor) + std::string(u.name);
    return std::to_string(number);
}

} // namespace

core::result<core::milliseconds> parse_duration(std::string_view text) {
    const auto given = split(text, "duration");
    if (!given) return given.error();
    if (given->unit.empty()) return complaint("has no unit (ms, s, m, h or d)");
    const auto product = multiply(*given, duration_units, "ms, s, m, h and d");
    if (!product) return product.error();
    return core::milliseconds(*product);
}

std::string format_duration(core::milliseconds duration) {
    return format(duration.count(), duration_units, "0s");
}

core::result<std::int64_t> parse_bytes(std::string_view text) {
    const auto given = split(text, "size");
    if (!given) return given.error();
    if (given->unit.empty()) return given->number;
    return multiply(*given, byte_units, "B, KiB, MiB and GiB");
}

std::string format_bytes(std::int64_t bytes) {
    return format(bytes, byte_units, "0B");
}

core::result<std::int64_t> parse_count(std::string_view text) {
    const auto given = split(text, "integer");
    if (!given) return given.error();
    if (!given->unit.empty()) return complaint("is no integer");
    return given->number;
}

} // namespace latchkey::server
