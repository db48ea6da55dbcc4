#pragma once

#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/secret.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace latchkey::pg {

/// A silent node still counts as live for this long past its own max_staleness.
inline constexpr core::seconds silent_node_margin{10};

inline constexpr auto kept_forever = core::milliseconds::max();

/// A secret that libpq would read from the environment: PGPASSWORD has the keyword "password".
struct environment_secret {
    std::string keyword; ///< as in connection strings
    crypto::secret value;
};

/// Section [database].
struct configuration {
    crypto::secret uri{std::string("postgresql:///latchkey")}; ///< libpq URI or key=value string
    std::vector<environment_secret> secrets; ///< for keywords that the string leaves out
    std::size_t connections = 20;            ///< base size of the pool, over all workers
    std::size_t overflow = 10;               ///< further connections under load, over all workers
    std::size_t in_flight = 4;               ///< batches under way on one connection
    std::size_t batch_max = 1024;            ///< look-ups in one query
    std::size_t waiting_max = 16384; ///< look-ups waiting for a connection, per worker and kind
    std::size_t batch_spread = 32;   ///< a further query starts at once when so many gathered
    std::size_t lookups_in_flight_min = 32;   ///< bounds of the adaptive limit on look-ups in
    std::size_t lookups_in_flight_max = 2048; ///< queries, per worker
    core::milliseconds latency_target{5};     ///< time that one query should take
    core::milliseconds wait_target{20}; ///< a look-up's longest wait in the queue under overload
    core::milliseconds overload_after{100}; ///< a queue that stands for longer is overload
    core::milliseconds acquire_timeout{150};
    core::milliseconds query_timeout{500};
    core::milliseconds write_timeout{5000}; ///< one operator's write
    core::milliseconds connect_timeout{2000};
    core::milliseconds backoff_min{50};
    core::milliseconds backoff_max{2000};
    core::seconds recycle{3600};            ///< a connection this old is replaced
    core::milliseconds feed_interval{1000}; ///< longest pause between two polls
    core::milliseconds feed_distance{10};   ///< shortest pause between two polls
    core::milliseconds feed_timeout{2000};  ///< time for one poll; then the connection is replaced
    core::milliseconds trigger_check{60'000}; ///< pause between two checks of the feed's triggers
    core::seconds feed_retention{3600};       ///< changes are kept at least this long
    core::seconds settle_wait{3};    ///< for other nodes to write back what a fail-over has lost
    bool prepared_statements = true; ///< must be false behind a transaction pooler
    bool write_back = false;         ///< revoking a key here sets it inactive in its array
    core::milliseconds audit_keep = std::chrono::hours(400 * 24); ///< audit.keep, or kept_forever
    std::size_t usage_kept_days = 400;                            ///< use.kept_days
    legacy_names legacy{};                                        ///< section [database.legacy]
};

} // namespace latchkey::pg
