#pragma once
// How many cores, how much memory and how many connections a load needs, from measured costs. Pure.

#include <cstdint>

namespace latchkey::server {

/// A load, and the machines for it.
struct capacity_question {
    double requests = 0;       ///< a second, over all nodes
    double hit_rate = 0.9;     ///< from 0 to 1: what the caches answer
    double keys = 0;           ///< different credentials that are asked for
    double connections = 1000; ///< that clients keep open, over all nodes
    double cores_of_node = 8;
};

struct capacity_plan {
    double worker_cores = 0; ///< busy, over all nodes
    std::uint64_t nodes = 0; ///< one may be away
    double cores_of_each = 0;
    double memory_of_each = 0;      ///< bytes: of the process, with all keys cached
    double cache_bytes = 0;         ///< for cache.max_bytes
    double connections_of_each = 0; ///< of clients, while one node is away
    double lookups = 0;             ///< a second, over all nodes
    double database_cores = 0;
    std::uint64_t database_connections_of_each = 0; ///< for database.connections
    std::uint64_t database_connections = 0; ///< max_connections must allow so many for Latchkey
    bool one_database_is_enough = true;
};

/// Cores are planned to be busy for this part of the time at the peak, so that queues stay short.
inline constexpr double busy_part = 0.6;
/// More cores than this for look-ups alone are more than one primary should have to give.
inline constexpr double database_cores_max = 32;

capacity_plan plan_capacity(const capacity_question&);

} // namespace latchkey::server
