// GET /admin/v1/nodes: the processes that serve, or did until lately
//   200 {nodes: [{node, live, silent_seconds, max_staleness, version, started_at, heartbeat_at,
//        instance_id}]}
#include <latchkey/http/admin/nodes.hpp>

#include <latchkey/core/json_text.hpp>
#include <latchkey/http/admin/pending_change.hpp>
#include <latchkey/http/admin_api.hpp>

#include <charconv>
#include <vector>

namespace latchkey::http {

namespace {

void append_number(std::string& out, double n) {
    char text[64];
    out.append(text, std::to_chars(text, text + sizeof text, n, std::chars_format::fixed, 3).ptr);
}

void append_node(std::string& out, const auth::node_state& node) {
    out += R"({"node":)";
    core::append_json_string(out, node.name);
    out += node.live ? R"(,"live":true,"silent_seconds":)" : R"(,"live":false,"silent_seconds":)";
    append_number(out, node.silent_seconds);
    out += R"(,"max_staleness":)";
    append_number(out, node.max_staleness_seconds);
    out += R"(,"version":)";
    core::append_json_string(out, node.version);
    out += R"(,"started_at":)";
    core::append_rfc3339(out, node.started_at);
    out += R"(,"heartbeat_at":)";
    core::append_rfc3339(out, node.heartbeat_at);
    out += R"(,"instance_id":)";
    core::append_json_string(out, node.instance_id);
    out += '}';
}

void answer(exchange& ex, const std::vector<auth::node_state>& nodes) {
    std::string out = R"({"nodes":[)";
    for (const auto& node : nodes) {
        if (out.back() == '}') out += ',';
        append_node(out, node);
    }
    out += "]}";
    ex.answer(200, json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace

void list_nodes(exchange& ex, admin_api& api) {
    pending_change<std::vector<auth::node_state>>::begin(
        ex, answer, [&](auto done) { api.store.list_nodes(std::move(done)); });
}

} // namespace latchkey::http
