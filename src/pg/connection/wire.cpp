#include "pg/connection/wire.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr std::uint32_t bytea_oid = 17;
constexpr std::uint32_t text_oid = 25;

void append_int4(std::string& out, std::uint32_t n) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(n >> shift);
}

// Writes the header of an array with one dimension and no NULLs.
void append_array_header(std::string& out, std::uint32_t element_type, std::size_t count) {
    constexpr std::uint32_t dimensions = 1;
    constexpr std::uint32_t nulls = 0;
    constexpr std::uint32_t lower_bound = 1;
    for (const auto n :
         {dimensions, nulls, element_type, static_cast<std::uint32_t>(count), lower_bound})
        append_int4(out, n);
}

void append_element(std::string& out, std::string_view value) {
    append_int4(out, static_cast<std::uint32_t>(value.size()));
    out += value;
}

// Removes a big-endian integer from the front.
template <class Integer>
std::optional<Integer> take(std::string_view& value) {
    if (value.size() < sizeof(Integer)) return std::nullopt;
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        n = n << 8 | static_cast<unsigned char>(value[i]);
    value.remove_prefix(sizeof(Integer));
    return static_cast<Integer>(n);
}

// Decodes the elements of an array of one dimension without NULLs, each by `decode`, which returns
// an optional. Returns nullopt if the array or an element is malformed.
template <class Element, class Decode>
std::optional<std::vector<Element>> decode_array(std::string_view value, Decode decode) {
    std::vector<Element> out;
    const auto dimensions = take<std::int32_t>(value);
    const auto has_nulls = take<std::int32_t>(value);
    const auto type = take<std::int32_t>(value);
    if (!dimensions || !has_nulls || !type) return std::nullopt;
    if (*dimensions == 0) return value.empty() ? std::optional(out) : std::nullopt;
    const auto count = take<std::int32_t>(value);
    const auto lower_bound = take<std::int32_t>(value);
    if (*dimensions != 1 || !count || !lower_bound || *count < 0) return std::nullopt;
    // A malformed count may exceed what the bytes can hold.
    out.reserve(std::min(static_cast<std::size_t>(*count), value.size() / sizeof(std::int32_t)));
    for (std::int32_t i = 0; i < *count; ++i) {
        const auto length = take<std::int32_t>(value);
        if (!length || *length < 0 || static_cast<std::size_t>(*length) > value.size())
            return std::nullopt;
        auto element = decode(value.substr(0, static_cast<std::size_t>(*length)));
        if (!element) return std::nullopt;
        out.push_back(std::move(*element));
        value.remove_prefix(static_cast<std::size_t>(*length));
    }
    if (!value.empty()) return std::nullopt;
    return out;
}

} // namespace

void append_bytea_array_header(std::string& out, std::size_t count) {
    append_array_header(out, bytea_oid, count);
}

void append_element(std::string& out, const core::fingerprint& f) {
    append_element(out, std::string_view(reinterpret_cast<const char*>(f.data()), f.size()));
}

void append_text_array(std::string& out, const std::vector<std::string_view>& elements) {
    append_array_header(out, text_oid, elements.size());
    for (const auto element : elements)
        append_element(out, element);
}

std::optional<std::vector<std::string>> decode_text_array(std::string_view value) {
    return decode_array<std::string>(
        value, [](std::string_view text) { return std::optional<std::string>(text); });
}

std::optional<std::vector<core::fingerprint>> decode_fingerprint_array(std::string_view value) {
    return decode_array<core::fingerprint>(value, decode_fingerprint);
}

std::optional<core::fingerprint> decode_fingerprint(std::string_view value) {
    core::fingerprint out;
    if (value.size() != out.size()) return std::nullopt;
    std::memcpy(out.data(), value.data(), out.size());
    return out;
}

std::optional<bool> decode_bool(std::string_view value) {
    if (value.size() != 1 || value[0] < 0 || value[0] > 1) return std::nullopt;
    return value[0] == 1;
}

std::optional<std::int32_t> decode_int4(std::string_view value) {
    if (value.size() != 4) return std::nullopt;
    return take<std::int32_t>(value);
}

std::optional<std::int64_t> decode_int8(std::string_view value) {
    if (value.size() != 8) return std::nullopt;
    return take<std::int64_t>(value);
}

core::real_time held_real_time(core::microseconds since_1970) noexcept {
    using std::chrono::floor;
    if (since_1970 > floor<core::microseconds>(core::real_time::max().time_since_epoch()))
        return core::real_time::max();
    if (since_1970 <= floor<core::microseconds>(core::real_time::min().time_since_epoch()))
        return core::real_time::min();
    return core::real_time(since_1970);
}

std::optional<core::real_time> decode_timestamptz(std::string_view value) {
    if (value.size() != 8) return std::nullopt;
    const auto since_2000 = *take<std::int64_t>(value);
    constexpr std::int64_t epoch = 946'684'800'000'000; // 2000-01-01 in microseconds since 1970
    if (since_2000 > std::numeric_limits<std::int64_t>::max() - epoch)
        return core::real_time::max();
    return held_real_time(core::microseconds(since_2000 + epoch));
}

std::string text_array_literal(const std::vector<std::string>& elements) {
    std::string out = "{";
    for (const auto& element : elements) {
        if (out.size() > 1) out += ',';
        out += '"' + element + '"';
    }
    return out + '}';
}

} // namespace latchkey::pg
