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

// What is wrong with the database is for the log, and not for strangers.
void add_cause(std::string& reason, const application& app) {
    if (const auto cause = app.trouble(); !cause.empty())
        reason += (reason.empty() ? "" : ": ") + cause;
}

// `found`: what the credential is, and what came out.
void write_line(service& host, exchange& ex, core::nanoseconds took, bool is_error,
                const std::vector<core::log_field>& found) {
    // Anything may stand in a path that is none of ours.
    const auto path = ex.endpoint == 0 ? std::string() : loggable_path(ex.request.path);
    const auto names = host.app.endpoints();
    const auto address = ex.caller().client;
    const auto client = address ? text_of(*address) : std::string();
    const auto trace_id = ex.trace.here.is_set() ? ex.trace.here.trace_id() : std::string();
    std::vector<core::log_field> fields;
    fields.reserve(24);
    add(fields, "listener", host.listener);
    add(fields, "method", name_of(ex.request.method));
    add(fields, "path", path);
    add(fields, "endpoint", ex.endpoint < names.size() ? names[ex.endpoint] : "other");
    fields.emplace_back("status", ex.status());
    fields.insert(fields.end(), found.begin(), found.end());
    add(fields, "client", client);
    host.app.describe_caller(ex, fields);
    if (ex.client) {
        add(fields, "certificate", ex.client->subject);
        add(fields, "certificate_names", ex.client->alternative_names);
    }
    fields.emplace_back("microseconds", took / core::microseconds(1));
    add(fields, "request_id", ex.request_id);
    add(fields, "trace_id", trace_id);
    std::optional<asked_of_gateway> original;
    if (ex.bare()) original.emplace(ex.request.lines).append(fields);
    host.log.write(is_error ? core::log_level::warning : core::log_level::info, "request", fields);
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
    const bool says_itself = note.verdict.empty() && ex.meant_status() >= 400;
    auto reason = ex.reason.empty() ? std::string(note.reason) : ex.reason;
    if (ex.meant_status() == 503 && !note.reason.empty()) add_cause(reason, host.app);
    std::vector<core::log_field> found;
    found.reserve(8);
    add(found, "verdict", says_itself ? problem_code(ex.meant_status()) : note.verdict);
    add(found, "reason", reason);
    add(found, "policy", note.policy);
    add(found, "kind", note.kind);
    add(found, "credential", note.credential);
    add(found, "organization", note.organization);
    add(found, "cache", note.cache);
    write_line(host, ex, took, ex.meant_status() >= 500, found);
}

void write_item_line(service& host, exchange& ex, const item_note& item, core::nanoseconds took) {
    std::vector<core::log_field> found;
    found.reserve(8);
    found.emplace_back("item", item.number);
    add(found, "verdict", item.verdict);
    auto reason = item.reason;
    if (item.is_undecided) add_cause(reason, host.app);
    add(found, "reason", reason);
    add(found, "kind", item.kind);
    add(found, "credential", item.credential);
    add(found, "organization", item.organization);
    add(found, "cache", item.cache);
    write_line(host, ex, took, item.is_undecided, found);
}

} // namespace latchkey::http
