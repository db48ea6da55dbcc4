#pragma once
// What a verification costs, as perf/costs.py --write has measured it. Do not edit.

namespace latchkey::server::capacity_costs {

inline constexpr const char* measured_on = "AMD EPYC, Linux 6.18.44";
inline constexpr const char* measured_at = "2026-11-29";
/// CPU of the server for a request that the cache answers
inline constexpr double hit_us = 8.6;
/// CPU of the server for a request that needs a look-up
inline constexpr double lookup_us = 16.7;
/// CPU of PostgreSQL for a look-up
inline constexpr double database_lookup_us = 24.1;
/// look-ups a second that one connection to the database answers
inline constexpr double lookups_per_connection = 6146;
/// memory of a cached key, with its part of the tables
inline constexpr double key_bytes = 1278;
/// memory of an open connection
inline constexpr double connection_bytes = 6308;
/// memory of a server that has done nothing yet
inline constexpr double base_bytes = 17444864;

} // namespace latchkey::server::capacity_costs
