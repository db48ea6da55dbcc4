#include "http/request_line_of_log.hpp"

#include "http/asked_of_gateway.hpp"

#include <latchkey/core/ip_network.hpp>
#include <latchkey/http/response.hpp>
#include <latchkey/http/service.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace latchkey::http {

namespace {

// As long as a UUID. Credentials are longer.
constexpr std::size_t segment_max = 36;
constexpr std::size_t path_max = 256;

std::string text_of(const core::address& a) {
    char text[INET6_ADDRSTRLEN] = "";
    constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool v4 = std::equal(mapped.begin(), mapped.end(), a.bytes.begin());
    ::inet_ntop(v4 ? AF_INET : AF_INET6, a.bytes.data() + (v4 ? 12 : 0), text, sizeof text);
    return text;
}

void add(std::vector<core::log_field>& to, std::string_view name, std::string_view value) {
    if (!value.empty()) to.emplace_back(name, value);
}

} // namespace

std::string loggable_path(std::string_view path) {
    std::string out;
    while (!path.empty() && out.size() < path_max) {
        const auto slash = path.find('/', 1);
        const auto segment = path.substr(0, slash);
        if (segment.size() > segment_max + 1)
            out += segment.front() == '/' ? "/*" : "*";
        else
            out += segment;
        path.remove_prefix(segment.size());
    }
    return out;
}

void write_request_line(service& host, exchange& ex, core::nanoseconds took) {
    const auto& note = ex.note;
    // Anything may stand in a path that is none of ours.
    const auto path = ex.endpoint == 0 ? std::string() : loggable_path(ex.request.path);
    std::vector<core::log_field> fields;
    fields.reserve(24);
    add(fields, "listener", host.listener);
    add(fields, "method", name_of(ex.request.method));
    add(fields, "path", path);
    const auto names = host.app.endpoints();
    add(fields, "endpoint", ex.endpoint < names.size() ? names[ex.endpoint] : "other");
    fields.emplace_back("status", ex.status());
    const bool says_itself = note.verdict.empty() && ex.status() >= 400;
    add(fields, "verdict", says_itself ? problem_code(ex.status()) : note.verdict);
    add(fields, "reason", ex.reason.empty() ? note.reason : std::string_view(ex.reason));
    add(fields, "policy", note.policy);
    add(fields, "kind", note.kind);
    add(fields, "credential", note.credential);
    add(fields, "organization", note.organization);
    const auto address = ex.caller().client;
    const auto client = address ? text_of(*address) : std::string();
    add(fields, "client", client);
    host.app.describe_caller(ex, fields);
    if (ex.client) {
        add(fields, "certificate", ex.client->subject);
        add(fields, "certificate_names", ex.client->alternative_names);
    }
    add(fields, "cache", note.cache);
    fields.emplace_back("microseconds", took / core::microseconds(1));
    add(fields, "request_id", ex.request_id);
    const auto trace_id = ex.trace.here.is_set() ? ex.trace.here.trace_id() : std::string();
    add(fields, "trace_id", trace_id);
    std::optional<asked_of_gateway> original;
    if (ex.bare) original.emplace(ex.request.lines).append(fields);
    const auto level = ex.status() >= 500 ? core::log_level::warning : core::log_level::info;
    host.log.write(level, "request", fields);
}

} // namespace latchkey::http
