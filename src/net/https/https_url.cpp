#include <latchkey/net/https/https_url.hpp>

#include <latchkey/core/ip_network.hpp>
#include <latchkey/core/text/ascii.hpp>

#include <algorithm>
#include <charconv>

namespace latchkey::net {

namespace {

constexpr std::size_t length_max = 2048;
constexpr std::size_t name_length_max = 253;
constexpr std::string_view secure_scheme = "https://";
constexpr std::string_view clear_scheme = "http://";

constexpr core::character_class name_characters("abcdefghijklmnopqrstuvwxyz0123456789-._");
constexpr core::character_class target_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                  "-._~:@!$&'()*+,;=/?%");

core::failure wrong(const char* what) {
    return {core::failure_kind::invalid, what};
}

std::string in_small_letters(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool read_port(std::string_view text, std::uint16_t& port) {
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, port);
    return error == std::errc() && end == last && port != 0;
}

// Takes "::1" from "[::1]"; leaves the colon and port in `authority`.
core::result<std::string> take_bracketed(std::string_view& authority) {
    const auto close = std::min(authority.find(']'), authority.size());
    const auto inside = authority.substr(1, close - 1);
    if (close == authority.size() || inside.find(':') == inside.npos ||
        !core::parse_address(inside))
        return wrong("has brackets around what is no IPv6 address");
    authority.remove_prefix(close + 1);
    return std::string(inside);
}

core::result<std::string> take_name(std::string_view& authority) {
    const auto colon = std::min(authority.find(':'), authority.size());
    auto name = in_small_letters(authority.substr(0, colon));
    if (name.empty()) return wrong("has no host");
    if (name.size() > name_length_max || !name_characters.holds(name))
        return wrong("has a host that is neither a name nor an address");
    authority.remove_prefix(colon);
    return name;
}

} // namespace

// Boost.URL 1.81 does not do for this: it takes port 99999 for 34463, and the name
// 192.0.2.1.example for an address with the path ".example".
core::result<https_url> https_url::parse(std::string_view text, schemes allowed) {
    if (text.size() > length_max) return wrong("is longer than 2048 bytes");
    const bool is_clear = text.starts_with(clear_scheme);
    if (is_clear ? allowed == schemes::https
                 : allowed == schemes::http || !text.starts_with(secure_scheme))
        return wrong(allowed == schemes::https ? "does not begin with \"https://\""
                     : allowed == schemes::http
                         ? "does not begin with \"http://\""
                         : "does not begin with \"https://\" or \"http://\"");
    text.remove_prefix((is_clear ? clear_scheme : secure_scheme).size());
    const auto slash = std::min(text.find_first_of("/?#"), text.size());
    auto authority = text.substr(0, slash);
    if (authority.find('@') != authority.npos) return wrong("has a user name");

    https_url out;
    out.in_the_clear = is_clear;
    if (is_clear) out.port = 80;
    auto host = authority.starts_with('[') ? take_bracketed(authority) : take_name(authority);
    if (!host) return host.error();
    out.host = std::move(*host);
    out.is_address = core::parse_address(out.host).has_value();
    if (!authority.empty() &&
        (authority.front() != ':' || !read_port(authority.substr(1), out.port)))
        return wrong("has a port that is no number from 1 to 65535");

    out.target = text.substr(slash);
    if (out.target.find('#') != out.target.npos) return wrong("has a fragment");
    if (!target_characters.holds(out.target)) return wrong("has a byte that must be escaped");
    if (!out.target.starts_with('/')) out.target.insert(0, "/");
    return out;
}

std::string https_url::host_field() const {
    std::string out = host.find(':') == host.npos ? host : '[' + host + ']';
    if (port != (in_the_clear ? 80 : 443)) out += ':' + std::to_string(port);
    return out;
}

} // namespace latchkey::net
