#pragma once
// What a verification costs, as perf/costs.py --write has measured it. Do not edit.

namespace latchkey::server::capacity_costs {

inline constexpr const char* measured_on = "AMD EPYC, Linux 6.18.44";
inline constexpr const char* measured_at = "2026-11-29";
inline constexpr double hit_us = 10.0; ///< CPU of the server for a request that the cache answers
inline constexpr double lookup_us = 30.0; ///< CPU of the server for a request that needs a look-up
inline constexpr double database_lookup_us = 20.0; ///< CPU of PostgreSQL for a look-up
inline constexpr double lookups_per_connection =
    20000; ///< look-ups a second that one connection to the database answers
inline constexpr double key_bytes = 600.0; ///< memory of a cached key, with its part of the tables
inline constexpr double connection_bytes = 5300; ///< memory of an open connection
inline constexpr double base_bytes = 24000000;   ///< memory of a server that has done nothing yet

} // namespace latchkey::server::capacity_costs
