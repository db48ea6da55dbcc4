#pragma once

#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/secret.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace latchkey::pg {

/// How long past its own bound a silent node still counts as live.
inline constexpr core::seconds silent_node_margin{10};

/// What libpq would read from the environment though it is a secret: PGPASSWORD as "password".
struct environment_secret {
    std::string keyword; ///< of connection strings
    crypto::secret value;
};

/// Section [database].
struct configuration {
    crypto::secret uri{std::string("postgresql:///latchkey")}; ///< libpq URI or key=value string
    std::vector<environment_secret> secrets;                   ///< where the string has none
    std::size_t connections = 20;                              ///< over all workers
    std::size_t overflow = 10;       ///< further ones under load, over all workers
    std::size_t in_flight = 4;       ///< batches under way on one connection
    std::size_t batch_max = 1024;    ///< look-ups in one query
    std::size_t waiting_max = 16384; ///< look-ups waiting for a connection, per worker and kind
    std::size_t batch_spread = 32;   ///< gathered keys that start a further query at once
    std::size_t lookups_in_flight_min = 32;   ///< bounds of the adaptive limit on look-ups in
    std::size_t lookups_in_flight_max = 2048; ///< queries, per worker
    core::milliseconds latency_target{5};     ///< of one query
    core::milliseconds wait_target{20};       ///< of a look-up for its turn, under overload
    core::milliseconds overload_after{100};   ///< a queue that stands for longer is overload
    core::milliseconds acquire_timeout{150};
    core::milliseconds query_timeout{500};
    core::milliseconds write_timeout{5000}; ///< of an operator's change
    core::milliseconds connect_timeout{2000};
    core::milliseconds backoff_min{50};
    core::milliseconds backoff_max{2000};
    core::seconds recycle{3600};              ///< a connection's age at which it is replaced
    core::milliseconds feed_interval{1000};   ///< between two polls, however quiet it is
    core::milliseconds feed_distance{10};     ///< between two polls, however often changes are told
    core::milliseconds feed_timeout{2000};    ///< of one poll; then the connection is replaced
    core::milliseconds trigger_check{60'000}; ///< pause between two looks at the feed's triggers
    core::seconds feed_retention{3600};       ///< how long changes are kept at least
    bool prepared_statements = true;          ///< false behind a transaction pooler
    bool write_back = false; ///< a key that is revoked here is set inactive in its array
    legacy_names legacy{};   ///< section [database.legacy]
};

} // namespace latchkey::pg
