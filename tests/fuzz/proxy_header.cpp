// The bytes of a PROXY header, from a proxy or from anyone else.
//
// Must hold, under the usual bound and under a small one:
// - The outcome, the number of bytes taken, and the address named are the same however the bytes
//   are cut.
// - What is accepted is what a simple implementation of the specification accepts, with the same
//   address.
// - Nothing is read after the header, and nothing past the bound.
// - As an X-Forwarded-For from a stranger, the bytes change nothing; from a proxy, only a client
//   that they name can be trusted.
// - A header that names an address, written again from what was read, names the same one.

#include "support.hpp"

#include <latchkey/core/ip_network.hpp>
#include <latchkey/http/caller.hpp>
#include <latchkey/http/client_address.hpp>
#include <latchkey/net/proxy_header.hpp>

#include <arpa/inet.h>

#include <optional>
#include <string>
#include <vector>

using namespace latchkey::fuzz;
namespace core = latchkey::core;
namespace http = latchkey::http;
namespace net = latchkey::net;

namespace {

using outcome = net::proxy_header_parser::outcome;

constexpr std::size_t line_bytes_max = 107;
constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);

struct reading {
    outcome what = outcome::incomplete;
    std::size_t used = 0;
    std::optional<core::address> source;
    bool operator==(const reading&) const = default;
};

template <class Length>
reading read(std::string_view bytes, std::size_t bytes_max, Length length) {
    net::proxy_header_parser parser(bytes_max);
    reading out;
    cut(bytes, length, [&](std::string_view piece) {
        const auto got = parser.read(piece);
        expect(got.used <= piece.size(), "no more is used than there is");
        expect(got.what != outcome::incomplete || got.used == piece.size(),
               "what is not whole takes all");
        out.what = got.what;
        out.used += got.used;
        return got.what == outcome::incomplete;
    });
    if (out.what == outcome::complete) out.source = parser.source();
    expect((out.what == outcome::refused) == !parser.why().empty(), "a refusal says why");
    return out;
}

// --- a simple implementation that reads a whole header ---

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words(1);
    for (const char c : line)
        if (c == ' ')
            words.emplace_back();
        else
            words.back() += c;
    return words;
}

bool is_address(const std::string& text, int family) {
    unsigned char room[16];
    return ::inet_pton(family, text.c_str(), room) == 1;
}

bool is_port(const std::string& text) {
    if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != text.npos)
        return false;
    return std::to_string(std::stoul(text)) == text && std::stoul(text) <= 65535;
}

void check_line(std::string_view header, const reading& got) {
    expect(header.size() <= line_bytes_max && header.ends_with("\r\n"), "a line of 107 bytes");
    const auto words = words_of(header.substr(0, header.size() - 2));
    expect(words[0] == "PROXY" && words.size() > 1, "a line of the protocol");
    if (words[1] == "UNKNOWN") return expect(!got.source, "nobody is named");
    const int family = words[1] == "TCP4" ? AF_INET : AF_INET6;
    expect(words[1] == "TCP4" || words[1] == "TCP6", "a family");
    expect(words.size() == 6, "two addresses and two ports");
    expect(is_address(words[2], family) && is_address(words[3], family), "of the family");
    expect(is_port(words[4]) && is_port(words[5]), "ports");
    expect(got.source == core::parse_address(words[2]), "the first is the source");
}

void check_binary(std::string_view header, const reading& got, std::size_t bytes_max) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(header[at]); };
    expect(header.size() >= 16 && header.starts_with(signature), "it has its fixed part");
    expect(header.size() == 16u + byte(14) * 256u + byte(15), "and the length that it says");
    expect(header.size() <= bytes_max, "within the bound");
    expect(byte(12) == 0x20 || byte(12) == 0x21, "version 2, and a command");
    const auto family = byte(13);
    if (byte(12) == 0x20 || (family != 0x11 && family != 0x21))
        return expect(!got.source, "nobody is named");
    expect(got.source.has_value(), "somebody is named");
    const auto named = header.substr(16, family == 0x11 ? 4 : 16);
    core::address expected;
    if (family == 0x11) expected.bytes[10] = expected.bytes[11] = 0xff;
    for (std::size_t i = 0; i < named.size(); ++i)
        expected.bytes[16 - named.size() + i] = static_cast<unsigned char>(named[i]);
    expect(*got.source == expected, "by the first address");
}

void check_written_anew(const core::address& source) {
    char text[INET6_ADDRSTRLEN];
    ::inet_ntop(AF_INET6, source.bytes.data(), text, sizeof text);
    const auto line = "PROXY TCP6 " + std::string(text) + " ::1 1 2\r\n";
    const auto again = read(line, line_bytes_max, [&] { return line.size(); });
    expect(again.what == outcome::complete && again.source == source, "and again");
    expect(http::address_named_by("[" + std::string(text) + "]:80") == source, "and in brackets");
}

// Takes the same bytes as the X-Forwarded-For of a proxy and of a stranger.
void check_forwarded(std::string_view bytes) {
    static const http::trust rules{{*core::parse_network("192.0.2.1")}, {}, true};
    const auto lines = "X-Forwarded-For: " + std::string(bytes);
    const auto by_unix = http::judge_caller({std::nullopt, rules}, {lines, false});
    expect(!by_unix.trusted || (by_unix.readable && by_unix.client), "only whom it knows");
    const auto stranger = core::parse_address("192.0.2.1");
    const auto by_tcp = http::judge_caller({stranger, rules}, {lines, false});
    expect(by_tcp.client == stranger && !by_tcp.trusted, "no stranger forwards");
}

void check(std::string_view bytes, std::size_t bytes_max) {
    const auto whole = read(bytes, bytes_max, [&] { return bytes.size(); });
    dice pieces(bytes);
    expect(read(bytes, bytes_max, [] { return std::size_t{1}; }) == whole, "byte by byte");
    expect(read(bytes, bytes_max, [&] { return 1 + pieces.roll(40); }) == whole, "in any pieces");
    expect(whole.used <= std::max(bytes_max, line_bytes_max), "nothing past the bound is read");
    if (whole.what != outcome::complete) return;
    const auto header = bytes.substr(0, whole.used);
    if (header.starts_with("PROXY "))
        check_line(header, whole);
    else
        check_binary(header, whole, bytes_max);
    if (whole.source) check_written_anew(*whole.source);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = text_of(data, size);
    check(bytes, 4096);
    check(bytes, 108);
    check_forwarded(bytes);
    return 0;
}
