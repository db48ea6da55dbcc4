#include <latchkey/http/client_address.hpp>

#include <latchkey/http/characters.hpp>
#include <latchkey/http/field_values.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace latchkey::http {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr auth::network ipv4_addresses = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}, 96};

// Takes the text behind the last separator off the end.
std::string_view last_part(std::string_view& rest, std::string_view separator) noexcept {
    const auto at = rest.rfind(separator);
    if (at == std::string_view::npos) return std::exchange(rest, {});
    const auto part = rest.substr(at + separator.size());
    rest = rest.substr(0, at);
    return part;
}

class walk {
  public:
    explicit walk(const client_origin& origin) noexcept : origin_(origin), client_(origin.peer) {}

    // False: the walk is over.
    bool back_over(std::string_view entries) noexcept {
        for (bool more = true; more;) {
            more = entries.find(',') != std::string_view::npos;
            const auto entry = auth::parse_address(trimmed(last_part(entries, ",")));
            if (!entry) return false;
            client_ = *entry;
            if (!auth::contains(origin_.proxies, client_)) return false;
        }
        return true;
    }
    const auth::address& client() const noexcept { return client_; }

  private:
    const client_origin& origin_;
    auth::address client_;
};

std::optional<std::string_view> forwarded_in(std::string_view line) noexcept {
    const auto colon = line.find(':');
    if (!same_text(line.substr(0, colon), "x-forwarded-for")) return std::nullopt;
    return line.substr(colon + 1);
}

} // namespace

auth::address client_address(const client_origin& origin, std::string_view forwarded) noexcept {
    walk back(origin);
    if (!origin.by_proxy) return back.client();
    while (!forwarded.empty()) {
        const auto entries = forwarded_in(last_part(forwarded, line_end));
        if (entries && !back.back_over(*entries)) break;
    }
    return back.client();
}

auth::address limited_as_one(auth::address a) noexcept {
    if (!ipv4_addresses.contains(a)) std::fill(a.bytes.begin() + 8, a.bytes.end(), std::uint8_t{0});
    return a;
}

std::optional<auth::address> peer_address(int fd) noexcept {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return std::nullopt;
    auth::address out;
    if (name.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name).sin6_addr;
        std::copy_n(v6.s6_addr, out.bytes.size(), out.bytes.begin());
        return out;
    }
    if (name.ss_family != AF_INET) return std::nullopt;
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(name).sin_addr;
    out = ipv4_addresses.base;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4.s_addr), sizeof v4.s_addr,
                out.bytes.end() - sizeof v4.s_addr);
    return out;
}

} // namespace latchkey::http
