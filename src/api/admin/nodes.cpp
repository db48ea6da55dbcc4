// GET /admin/v1/nodes: the processes that serve from this database, as they last reported
//   200 {nodes:[{instance_id, node, version, started_at, heartbeat_at, max_staleness, live,
//        lag_seconds}]}
#include "api/admin/endpoints.hpp"

#include "api/admin/pending_change.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/core/text/json_member.hpp>

#include <cstdlib>

namespace latchkey::api {

namespace {

// Appends a number of seconds, such as 60 or 1.5.
void append_seconds(std::string& out, core::milliseconds time) {
    const auto ms = std::lldiv(time.count(), 1000);
    if (time.count() < 0 && ms.quot == 0) out += '-';
    out += std::to_string(ms.quot);
    if (ms.rem == 0) return;
    auto fraction = std::to_string(1000 + std::abs(ms.rem)).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += '.' + fraction;
}

void append_node(std::string& out, const auth::node_entry& node) {
    core::append_member(out, R"({"instance_id":)", node.instance_id);
    core::append_member(out, R"(,"node":)", node.node);
    core::append_member(out, R"(,"version":)", node.version);
    core::append_member(out, R"(,"started_at":)", node.started_at);
    core::append_member(out, R"(,"heartbeat_at":)", node.heartbeat_at);
    out += R"(,"max_staleness":)";
    append_seconds(out, node.max_staleness);
    out += node.live ? R"(,"live":true,"lag_seconds":)" : R"(,"live":false,"lag_seconds":)";
    if (node.lag)
        append_seconds(out, *node.lag);
    else
        out += "null";
    out += '}';
}

void answer(http::exchange& ex, const std::vector<auth::node_entry>& nodes) {
    std::string out = R"({"nodes":[)";
    for (const auto& node : nodes) {
        if (out.back() == '}') out += ',';
        append_node(out, node);
    }
    out += "]}";
    ex.answer(200, http::json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace

void list_nodes(http::exchange& ex, admin_api& api) {
    pending_change<std::vector<auth::node_entry>>::begin(
        ex, answer, [&](auto done) { api.store.list_nodes(std::move(done)); });
}

} // namespace latchkey::api
