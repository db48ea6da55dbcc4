#pragma once
// What an examination of the database finds. The server room judges it.

#include <latchkey/auth/token/signing_key.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/pg/configuration.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

/// What is between this process and the database.
enum class database_mode {
    direct,
    pooler, ///< not known in which mode
    session_pooler,
    transaction_pooler,
};

struct missing_right {
    std::string what;  ///< "INSERT on latchkey.api_keys"
    std::string grant; ///< the statement that mends it
};

struct subscribed_table {
    std::string subscription;
    std::string table;
    bool enabled = false;
    bool is_of_latchkey = false; ///< in the schema latchkey, not one of the older service's
};

/// A process that serves from this database, as it last reported itself.
struct peer_node {
    std::string node;
    std::string version;
    std::string settings; ///< a JSON object of names and values; empty: an older release
};

/// Texts are empty where there is nothing to say.
struct database_facts {
    std::string unreachable; ///< why; if set, no other member says anything
    std::string unfinished;  ///< why the examination ended early; then later members say nothing

    // --- the session ---
    std::string host;
    std::string port;
    std::string role;
    std::string version; ///< "15.4"
    database_mode mode = database_mode::direct;
    core::milliseconds clock_ahead{};  ///< the database's clock before this machine's
    core::milliseconds clock_unsure{}; ///< it may be so much more or less

    // --- the schema ---
    std::string schema_problem;
    std::string names_problem; ///< of the older service's tables
    std::vector<missing_right> missing;
    std::vector<std::string> under_row_security; ///< tables
    std::vector<subscribed_table> subscribed;
    std::string trigger_problem;
    bool has_standbys = false;
    bool sees_standbys = false; ///< how far they are, in pg_stat_replication

    // --- what is in it ---
    std::int64_t held = 0;        ///< what was lost and written back (pg/holds.hpp)
    std::vector<peer_node> nodes; ///< that are live
    std::vector<auth::signing_key> signing_keys;
};

struct examination {
    core::milliseconds connect_timeout{5000};
    core::milliseconds query_timeout{5000};
    /// Whether a pooler's mode is to be found out, which takes a second connection and may take
    /// seconds.
    bool asks_for_pool_mode = false;
    /// If set, is told which database was reached (database_identity::lineage), once that is known.
    std::function<void(std::string lineage)> reached{};
    /// Whose rights are examined; empty: those of the role that connects. With a role, the session
    /// must be one that may read the schema, nothing of the schema is called, and what is in its
    /// tables is left out.
    std::string role{};
    /// Called often. True: the examination ends as soon as it can.
    std::function<bool()> is_given_up = [] { return false; };
};

/// Connects, asks and leaves. Changes nothing. Blocks, within the bounds, except where a name of a
/// host is resolved.
database_facts examine_database(const configuration&, const examination&);

} // namespace latchkey::pg
