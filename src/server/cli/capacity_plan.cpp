#include "server/cli/capacity_plan.hpp"

#include "server/cli/capacity_costs.hpp"

#include <algorithm>
#include <cmath>

namespace latchkey::server {

namespace {

// The feed, LISTEN, operators' writes and use counts have connections of their own.
constexpr std::uint64_t own_connections = 3;
// database.connections, by default: fewer save nothing. Each worker has at least one.
constexpr std::uint64_t connections_min = 20;
// database.overflow, by default.
constexpr std::uint64_t overflow = 10;
// What the cache keeps free, so that it never has to evict what is asked for.
constexpr double cache_reserve = 1.25;

std::uint64_t whole(double value) {
    return static_cast<std::uint64_t>(std::ceil(value));
}

} // namespace

capacity_plan plan_capacity(const capacity_question& q) {
    namespace cost = capacity_costs;
    capacity_plan out;
    const double hits = q.requests * q.hit_rate;
    out.lookups = q.requests - hits;
    out.worker_cores = (hits * cost::hit_us + out.lookups * cost::lookup_us) / 1e6;

    // The others carry the load while one is away: it is upgraded, or broken.
    const auto carrying =
        std::max<std::uint64_t>(1, whole(out.worker_cores / busy_part / q.cores_of_node));
    out.nodes = carrying + 1;
    const auto each = static_cast<double>(carrying);
    out.cores_of_each = std::max(1.0, std::ceil(out.worker_cores / busy_part / each));

    // Callers are spread over the nodes, but any of them may ask any node: each node's cache comes
    // to hold all keys.
    out.cache_bytes = q.keys * cost::key_bytes * cache_reserve;
    out.connections_of_each = std::ceil(q.connections / each);
    out.memory_of_each =
        cost::base_bytes + out.cache_bytes + out.connections_of_each * cost::connection_bytes;

    out.database_cores = out.lookups * cost::database_lookup_us / 1e6 / busy_part;
    out.database_connections_of_each =
        std::max({connections_min, whole(q.cores_of_node),
                  whole(out.lookups / each / cost::lookups_per_connection / busy_part)});
    out.database_connections =
        out.nodes * (out.database_connections_of_each + overflow + own_connections);
    out.one_database_is_enough = out.database_cores <= database_cores_max;
    return out;
}

} // namespace latchkey::server
