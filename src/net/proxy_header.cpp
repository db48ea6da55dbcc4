#include <latchkey/net/proxy_header.hpp>

#include <algorithm>
#include <charconv>

namespace latchkey::net {

namespace {

using namespace std::string_view_literals;

constexpr auto text_signature = "PROXY "sv;
constexpr auto binary_signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t fixed_size = 16; // signature, version and command, family, length

constexpr auto no_header =
    "it does not begin with a PROXY header: have the proxy send one "
    "(HAProxy: send-proxy-v2; nginx: proxy_protocol on), or take the listener "
    "off server.proxy_protocol"sv;
constexpr auto bad_line = "the line of version 1 is malformed"sv;
constexpr auto long_line = "the line of version 1 has more than 107 bytes"sv;
constexpr auto bad_binary = "version, command or family of version 2 are none"sv;
constexpr auto short_addresses = "the header of version 2 is too short for its addresses"sv;
constexpr auto too_long = "the header is longer than server.proxy_protocol_bytes_max"sv;

// The mapped form of RFC 4291 counts as IPv6, because the text's form decides the family.
std::optional<core::address> address_of_family(std::string_view text, bool ipv6) {
    const bool looks_ipv6 = text.find(':') != std::string_view::npos;
    return looks_ipv6 == ipv6 ? core::parse_address(text) : std::nullopt;
}

bool is_port(std::string_view text) noexcept {
    std::uint16_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc() && end == last && (text.size() == 1 || text.front() != '0');
}

std::string_view next_word(std::string_view& rest) noexcept {
    const auto space = rest.find(' ');
    const auto word = rest.substr(0, space);
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
    return word;
}

// Reads "TCP4 192.0.2.1 192.0.2.2 1024 80", with one space between the words. Returns nullopt if it
// is malformed.
std::optional<core::address> source_in(std::string_view line) {
    const auto family = next_word(line);
    if (family != "TCP4" && family != "TCP6") return std::nullopt;
    const bool ipv6 = family == "TCP6";
    const auto source = address_of_family(next_word(line), ipv6);
    const auto destination = address_of_family(next_word(line), ipv6);
    if (!destination || !is_port(next_word(line))) return std::nullopt;
    return is_port(line) ? source : std::nullopt;
}

} // namespace

proxy_header_parser::progress proxy_header_parser::read(std::string_view bytes) noexcept {
    std::size_t used = 0;
    while (used < bytes.size() && part_ != part::over && part_ != part::refused) {
        if (part_ == part::rest) {
            const auto skipped = std::min(rest_, bytes.size() - used);
            used += skipped;
            rest_ -= skipped;
            if (rest_ == 0) part_ = part::over;
        } else {
            take(bytes[used++]);
        }
    }
    if (part_ == part::over) return {outcome::complete, used};
    return {part_ == part::refused ? outcome::refused : outcome::incomplete, used};
}

void proxy_header_parser::refuse(std::string_view why) noexcept {
    part_ = part::refused;
    why_ = why;
}

void proxy_header_parser::take(char byte) noexcept {
    head_[size_++] = byte;
    switch (part_) {
    case part::signature:
        return begin(byte);
    case part::line:
        if (byte == '\n') return end_line();
        if (size_ == head_.size()) return refuse(long_line);
        // Only a line feed may follow a carriage return.
        if ((byte < ' ' || byte > '~') && byte != '\r') return refuse(bad_line);
        if (head_[size_ - 2] == '\r') return refuse(bad_line);
        return;
    case part::fixed:
        if (size_ == fixed_size) judge_fixed();
        return;
    case part::addresses:
        if (size_ == wanted_) take_addresses();
        return;
    default:
        return;
    }
}

void proxy_header_parser::begin(char byte) noexcept {
    const auto expected = head_[0] == text_signature[0] ? text_signature : binary_signature;
    if (byte != expected[size_ - 1]) return refuse(no_header);
    if (size_ < expected.size()) return;
    part_ = head_[0] == text_signature[0] ? part::line : part::fixed;
}

void proxy_header_parser::end_line() noexcept {
    constexpr auto unknown = "UNKNOWN"sv;
    if (head_[size_ - 2] != '\r') return refuse(bad_line);
    const auto line = std::string_view(head_.data(), size_ - 2).substr(text_signature.size());
    part_ = part::over;
    // The rest of the line is to be ignored.
    if (line == unknown || (line.starts_with(unknown) && line[unknown.size()] == ' ')) return;
    source_ = source_in(line);
    if (!source_) refuse(bad_line);
}

void proxy_header_parser::judge_fixed() noexcept {
    enum : unsigned { local = 0x20, proxy = 0x21 }; // version and command
    enum : unsigned { unspecified, ipv4, ipv6, unix_path };
    constexpr std::array<std::size_t, 4> address_bytes = {0, 12, 36, 216};
    const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(head_[at]); };
    const unsigned command = byte(12);
    const unsigned family = byte(13) >> 4;
    const unsigned transport = byte(13) & 0xf; // 1 is a stream, as this connection is
    rest_ = std::size_t{byte(14)} << 8 | byte(15);
    if (command != local && command != proxy) return refuse(bad_binary);
    if (fixed_size + rest_ > bytes_max_) return refuse(too_long);
    part_ = rest_ > 0 ? part::rest : part::over;
    if (command == local) return;
    if (family > unix_path || transport > 1 || (family != unspecified && transport != 1))
        return refuse(bad_binary);
    if (rest_ < address_bytes[family]) return refuse(short_addresses);
    if (family != ipv4 && family != ipv6) return;
    part_ = part::addresses;
    wanted_ = fixed_size + address_bytes[family];
    rest_ -= address_bytes[family];
}

// The source comes first, in network order.
void proxy_header_parser::take_addresses() noexcept {
    constexpr std::size_t wanted_ipv4 = fixed_size + 12;
    core::address source;
    const auto* from = head_.data() + fixed_size;
    if (wanted_ == wanted_ipv4) {
        source.bytes[10] = source.bytes[11] = 0xff;
        std::copy_n(from, 4, source.bytes.begin() + 12);
    } else {
        std::copy_n(from, source.bytes.size(), source.bytes.begin());
    }
    source_ = source;
    part_ = rest_ > 0 ? part::rest : part::over;
}

} // namespace latchkey::net
