// GET /admin/v1/nodes: the processes that serve from this database, as they last reported
//   200 {nodes:[{instance_id, node, version, started_at, heartbeat_at, max_staleness, live,
//        lag_seconds}]}
#include "api/admin/endpoints.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/core/text/json_object.hpp>

#include <cstdlib>

namespace latchkey::api {

namespace {

// A number of seconds, such as 60 or 1.5.
core::json_value seconds_of(core::milliseconds time) {
    const auto ms = std::lldiv(time.count(), 1000);
    core::json_value out(ms.quot);
    if (ms.rem == 0) return out;
    if (time.count() < 0 && ms.quot == 0) out.text = "-0";
    auto fraction = std::to_string(1000 + std::abs(ms.rem)).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out.text += '.' + fraction;
    return out;
}

core::json_value json_of(const auth::node_entry& node) {
    return core::json_object({{"instance_id", node.instance_id},
                              {"node", node.node},
                              {"version", node.version},
                              {"started_at", node.started_at},
                              {"heartbeat_at", node.heartbeat_at},
                              {"max_staleness", seconds_of(node.max_staleness)},
                              {"live", node.live},
                              {"lag_seconds", node.lag ? seconds_of(*node.lag) : nullptr}});
}

} // namespace

core::task<reply> list_nodes(http::exchange&, admin_api& api) {
    const auto nodes = co_await api.store.list_nodes();
    if (!nodes) co_return nodes.error();
    const auto one = [](const auth::node_entry& node) { return json_of(node); };
    co_return reply(200, core::json_object({{"nodes", core::json_array(*nodes, one)}}).text);
}

} // namespace latchkey::api
