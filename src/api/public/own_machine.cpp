#include "api/public/own_machine.hpp"

#include <latchkey/core/ip_network.hpp>
#include <latchkey/core/text/ascii.hpp>

#include <algorithm>
#include <array>

namespace latchkey::api {

namespace {

// What proxies add to requests, besides X-Forwarded-… and Forwarded.
constexpr std::array<std::string_view, 6> traces = {"via",
                                                    "x-real-ip",
                                                    "x-client-ip",
                                                    "x-original-forwarded-for",
                                                    "true-client-ip",
                                                    "cf-connecting-ip"};
constexpr std::string_view forwarded = "x-forwarded-";

bool is_trace(std::string_view name) {
    return core::same_text(name.substr(0, forwarded.size()), forwarded) ||
           std::ranges::any_of(traces,
                               [&](std::string_view one) { return core::same_text(name, one); });
}

bool has_trace(std::string_view lines) {
    while (!lines.empty()) {
        if (is_trace(lines.substr(0, lines.find(':')))) return true;
        const auto end = lines.find("\r\n");
        lines = end == lines.npos ? std::string_view() : lines.substr(end + 2);
    }
    return false;
}

// The host without its port.
std::string_view name_of(std::string_view host) {
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

bool names_own_client(const http::client_origin& from, const http::request& asked) {
    if (asked.has_forwarded || asked.forwarded.empty()) return false;
    const auto caller = http::judge_caller(from, {asked.forwarded, false});
    return caller.readable && caller.client && core::is_loopback(*caller.client) &&
           !core::contains(from.rules->proxies, *caller.client);
}

} // namespace

bool is_from_own_machine(const http::client_origin* from, const http::request& asked) {
    if (!from || !from->peer || from->named || !core::is_loopback(*from->peer)) return false;
    // A name that means this machine to a client elsewhere means another machine there.
    if (!core::is_this_machine(name_of(asked.get(http::field::host)))) return false;
    if (from->by_proxy) return names_own_client(*from, asked);
    // Browsers do not use HTTP/1.0, and nginx does, unless it is told otherwise.
    return !asked.http_1_0 && !asked.has_forwarded && asked.forwarded.empty() &&
           !has_trace(asked.lines);
}

} // namespace latchkey::api
