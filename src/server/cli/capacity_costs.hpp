#pragma once
// What a verification costs, as perf/run has measured it. perf/tables.py --write writes this file:
// do not edit it.

namespace latchkey::server::capacity_costs {

inline constexpr const char* measured_on = "AMD EPYC, Linux 6.18.44";
inline constexpr const char* measured_at = "2026-11-30";
/// CPU of the server for a request that the cache answers
inline constexpr double hit_us = 6.9;
/// CPU of the server for a request that needs a look-up
inline constexpr double lookup_us = 10.5;
/// CPU of PostgreSQL for a look-up
inline constexpr double database_lookup_us = 8.8;
/// look-ups a second that one connection to the database answers
inline constexpr double lookups_per_connection = 64363;
/// memory of a cached key, with its part of the tables
inline constexpr double key_bytes = 346.7;
/// memory of an open connection
inline constexpr double connection_bytes = 6742;
/// memory of a server that has done nothing yet
inline constexpr double base_bytes = 18657280;

} // namespace latchkey::server::capacity_costs
