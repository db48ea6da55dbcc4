// GET /, /livez, /readyz, /health, /metrics: what the process says about itself.
#include "api/public/process.hpp"

#include "api/public/metrics_wait.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/http/accept.hpp>
#include <latchkey/http/field_values.hpp>
#include <latchkey/http/probe_answered.hpp>

#include <chrono>
#include <utility>

namespace latchkey::api {

namespace {

constexpr std::string_view uncacheable = "Cache-Control: no-store\r\n";
constexpr std::string_view openmetrics_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr std::string_view prometheus_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace

void livez(http::exchange& ex, public_api&) {
    ex.answer(200, http::json_type, R"({"status":"ok"})");
}

void readyz(http::exchange& ex, public_api& api) {
    if (refuse_unready(ex, api.status)) {
        ex.note.verdict = http::probe_answered;
        return;
    }
    ex.answer(200, http::json_type, R"({"status":"ready"})", uncacheable);
}

bool refuse_unready(http::exchange& ex, const status_source& source) {
    const auto status = source.status();
    if (status.ready) return false;
    ex.refuse(503, status.state, "Retry-After: 1\r\nCache-Control: no-store\r\n");
    return true;
}

namespace {

void append_counts(std::string& out,
                   const std::vector<std::pair<std::string_view, std::uint64_t>>& counts) {
    if (counts.empty()) return;
    out += R"(,"counts":{)";
    for (const auto& [name, count] : counts) {
        if (out.back() != '{') out += ',';
        core::append_json_string(out, name);
        out += ':' + std::to_string(count);
    }
    out += '}';
}

} // namespace

// GET /health: 200 {"status":"ok"|"degraded", version,
//                   checks:{database:{status, code?, count?, counts?}}}
// Only states, codes and counts, because anybody may ask. Details are on the admin socket.
void health(http::exchange& ex, public_api& api) {
    const auto status = api.status.status();
    bool good = status.ready;
    std::string checks;
    for (const auto& check : status.checks) {
        good = good && check.good;
        if (!checks.empty()) checks += ',';
        core::append_json_string(checks, check.name);
        checks += check.good ? R"(:{"status":"ok")" : R"(:{"status":"failing")";
        if (!check.good && !check.code.empty()) {
            checks += R"(,"code":)";
            core::append_json_string(checks, check.code);
        }
        if (!check.good && check.since) {
            checks += R"(,"since":)";
            core::append_rfc3339(checks, std::chrono::floor<core::seconds>(*check.since));
        }
        if (!check.good && check.count) checks += R"(,"count":)" + std::to_string(*check.count);
        append_counts(checks, check.counts);
        checks += '}';
    }
    auto& out = api.body;
    out = good ? R"({"status":"ok","version":)" : R"({"status":"degraded","version":)";
    core::append_json_string(out, api.status.version());
    out += ",\"checks\":{" + checks + "}}";
    ex.answer(200, http::json_type, out, uncacheable);
}

void metrics_text(http::exchange& ex, public_api& api) {
    api.metrics_waits.take().begin(ex);
}

void metrics_wait::begin(http::exchange& ex) {
    asker_ = &ex;
    openmetrics = http::prefers_openmetrics(http::list_of(ex.request.lines, "accept"));
    ex.wait_for(*this);
    api_.status.write_metrics(*this, api_.box());
}

void metrics_wait::finish(http::exchange& ex) {
    const auto text = std::exchange(page, {});
    const auto type = openmetrics ? openmetrics_type : prometheus_type;
    api_.metrics_waits.give_back(*this);
    if (text.empty()) return ex.refuse({503, "too many ask for metrics at once"});
    api_.compression.answer(ex, type, text);
}

} // namespace latchkey::api
