#include <latchkey/core/trace/trace_context.hpp>

#include <bit>
#include <cstring>

namespace latchkey::core {

namespace {

// Eight characters at a time, each in a byte of a word, whose high bits serve as marks.
constexpr std::uint64_t every(std::uint8_t byte) {
    return std::uint64_t{0x0101010101010101} * byte;
}
constexpr auto marks = every(0x80);
static_assert(std::endian::native == std::endian::little, "the first character is the lowest byte");

// Reads eight hexadecimal digits; capitals are not allowed. `all_good` loses a mark for each that
// is none.
std::uint64_t read_eight(const char* text, std::uint64_t& all_good) noexcept {
    std::uint64_t x = 0;
    std::memcpy(&x, text, sizeof x);
    const auto low = x & ~marks;
    const auto not_below_0 = (low | marks) - every('0'), above_9 = low + every(0x7f - '9');
    const auto not_below_a = (low | marks) - every('a'), above_f = low + every(0x7f - 'f');
    all_good &= ~x & ((not_below_0 & ~above_9) | (not_below_a & ~above_f));
    auto n = __builtin_bswap64((x & every(0x0f)) + 9 * (x >> 6 & every(1)));
    n = (n | n >> 4) & 0x00ff00ff00ff00ff;
    n = (n | n >> 8) & 0x0000ffff0000ffff;
    return (n | n >> 16) & 0xffffffff;
}

std::uint64_t read_sixteen(const char* text, std::uint64_t& all_good) noexcept {
    const auto high = read_eight(text, all_good);
    return high << 32 | read_eight(text + 8, all_good);
}

// 16 or more if it is no hexadecimal digit.
constexpr unsigned value_of(char c) noexcept {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    const unsigned letter = static_cast<unsigned char>(c) - unsigned{'a'};
    return digit < 10 ? digit : letter < 6 ? letter + 10 : 0x1000u;
}

// 256 or more if they are no two digits.
constexpr unsigned read_two(const char* text) noexcept {
    return value_of(text[0]) << 4 | value_of(text[1]);
}

void write_eight(std::uint64_t n, char* to) noexcept {
    n = (n | n << 16) & 0x0000ffff0000ffff;
    n = (n | n << 8) & 0x00ff00ff00ff00ff;
    n = __builtin_bswap64((n | n << 4) & every(0x0f));
    const auto letters = (n + every(6)) >> 4 & every(1);
    n += every('0') + letters * ('a' - '0' - 10);
    std::memcpy(to, &n, sizeof n);
}

constexpr unsigned never_a_version = 0xff; // and what is more is no number

} // namespace

bool trace_context::read(std::string_view text) noexcept {
    *this = {};
    if (text.size() < text_length || text[2] != '-' || text[35] != '-' || text[52] != '-')
        return false;
    std::uint64_t all_good = marks;
    const auto version = read_two(text.data());
    const auto flags = read_two(text.data() + 53);
    const auto high = read_sixteen(text.data() + 3, all_good);
    const auto low = read_sixteen(text.data() + 19, all_good);
    const auto parent = read_sixteen(text.data() + 36, all_good);
    const bool ends = version == 0 ? text.size() == text_length
                                   : text.size() == text_length || text[text_length] == '-';
    if (all_good != marks || version >= never_a_version || flags > 0xff || !ends ||
        (high | low) == 0 || parent == 0)
        return false;
    trace_high = high;
    trace_low = low;
    span = parent;
    sampled = (flags & 1) != 0;
    return true;
}

void write_hex(std::uint64_t n, char* to) noexcept {
    write_eight(n >> 32, to);
    write_eight(n & 0xffffffff, to + 8);
}

void trace_context::write(std::span<char, text_length> to) const noexcept {
    char* at = to.data();
    at[0] = at[1] = '0';
    at[2] = at[35] = at[52] = '-';
    write_hex(trace_high, at + 3);
    write_hex(trace_low, at + 19);
    write_hex(span, at + 36);
    at[53] = '0';
    at[54] = sampled ? '1' : '0';
}

std::string trace_context::text() const {
    std::string out(text_length, '0');
    write(std::span<char, text_length>(out.data(), text_length));
    return out;
}

std::string trace_context::trace_id() const {
    return text().substr(3, 32);
}

} // namespace latchkey::core
