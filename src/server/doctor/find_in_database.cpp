#include "server/doctor/find.hpp"
#include "server/doctor/peer_refusal.hpp"

namespace latchkey::server {

namespace {

using enum severity;

// Tokens tolerate a leeway of seconds; more than that, and good ones are refused.
constexpr core::milliseconds clocks_apart{2000};
constexpr core::milliseconds clocks_far_apart{30'000};

// PostgreSQL's own words for a connection that asked for a primary.
bool is_standby(const std::string& why) {
    return why.find("hot standby mode") != why.npos || why.find("in recovery") != why.npos;
}

std::string in_sql(const std::string& name) {
    std::string out = "\"";
    for (const char c : name)
        out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

// Nothing more is known of a database that was not reached.
void find_unreachable(const pg::database_facts& db, std::vector<finding>& out) {
    if (is_standby(db.unreachable))
        out.push_back({"database_is_standby", error, remedy::change,
                       "the database is a standby: " + db.unreachable,
                       "name the primary in database.uri, or all servers (host=a,b)"});
    else
        out.push_back({"database_unreachable", error, remedy::repair,
                       "the database cannot be used: " + db.unreachable,
                       is_peer_refusal(db.unreachable)
                           ? doctor_as_service
                           : "start it, or correct database.uri: its host and port, the role and "
                             "the password"});
}

void find_mode(const pg::database_facts& db, std::vector<finding>& out) {
    if (db.mode == pg::database_mode::transaction_pooler)
        out.push_back({"transaction_pooler", warning, remedy::change,
                       "a pooler in transaction mode is between: no notification arrives, and "
                       "changes are obeyed at the next poll, within database.feed_interval",
                       "give the server a direct connection, or a pool in session mode; migrate "
                       "needs one"});
}

void find_clock(const pg::database_facts& db, std::vector<finding>& out) {
    const auto apart = std::chrono::abs(db.clock_ahead) - db.clock_unsure;
    if (apart <= clocks_apart) return;
    const auto s = std::to_string(
        std::chrono::duration_cast<core::seconds>(std::chrono::abs(db.clock_ahead)).count());
    out.push_back({"clock_differs", apart > clocks_far_apart ? error : warning, remedy::change,
                   "the database's clock is " + s + " s " +
                       (db.clock_ahead.count() > 0 ? "ahead of" : "behind") + " this machine's",
                   "keep both by NTP (timedatectl set-ntp true)"});
}

void find_schema(const pg::database_facts& db, std::vector<finding>& out) {
    if (!db.schema_problem.empty())
        out.push_back({"schema_differs", error, remedy::change, db.schema_problem,
                       "run latchkey migrate with this release (latchkey setup schema, where its "
                       "package is installed)"});
    if (!db.names_problem.empty())
        out.push_back({"legacy_names_differ", error, remedy::change, db.names_problem,
                       "correct section [database.legacy], or run latchkey migrate"});
    for (const auto& right : db.missing)
        out.push_back({"right_missing", error, remedy::change,
                       "the role \"" + db.role + "\" has no " + right.what, right.grant + ';'});
    if (!db.under_row_security.empty()) {
        std::string tables;
        for (const auto& one : db.under_row_security)
            tables += (tables.empty() ? "" : ", ") + one;
        out.push_back(
            {"row_level_security", error, remedy::change,
             "row-level security hides rows of " + tables + " from the role \"" + db.role + '"',
             "alter role " + in_sql(db.role) + " bypassrls;"});
    }
    if (!db.trigger_problem.empty())
        out.push_back(
            {"triggers_missing", error, remedy::change,
             "changes would not be seen: " + db.trigger_problem,
             "run latchkey migrate (latchkey setup schema, where the package is installed)"});
}

void find_subscriptions(const pg::database_facts& db, std::vector<finding>& out) {
    for (const auto& one : db.subscribed) {
        if (one.is_of_latchkey)
            out.push_back({"subscription_into_latchkey", error, remedy::change,
                           "the subscription " + one.subscription + " writes " + one.table +
                               ", which the nodes of this database write themselves",
                           "take the schema latchkey out of the publication, and refresh the "
                           "subscription"});
        else if (!one.enabled)
            out.push_back({"subscription_disabled", warning, remedy::change,
                           one.table + " is filled by the subscription " + one.subscription +
                               ", which is disabled: changes do not arrive",
                           "alter subscription " + one.subscription + " enable;"});
    }
}

void find_holds(const pg::database_facts& db, std::vector<finding>& out) {
    if (db.held == 0) return;
    out.push_back(
        {"revocations_reasserted", warning, remedy::repair,
         "this database had lost revocations, by a fail-over or a restore, and nodes have "
         "written them back: " +
             std::to_string(db.held),
         "latchkey accept-database --list names them; see whether other changes of that "
         "time are lost, too. Revoke, disable or enable each for good, or end its hold: "
         "latchkey accept-database --only KIND ID"});
}

void find_standbys(const pg::database_facts& db, std::vector<finding>& out) {
    if (db.has_standbys && !db.sees_standbys)
        out.push_back({"replication_not_visible", warning, remedy::change,
                       "the role \"" + db.role +
                           "\" does not see how far standbys are, so that no revocation is told "
                           "as replicated",
                       "grant pg_read_all_stats to " + in_sql(db.role) + ';'});
}

} // namespace

void find_in_database(const node_facts& facts, std::vector<finding>& out) {
    const auto& db = facts.database;
    if (!db.unreachable.empty()) return find_unreachable(db, out);
    find_mode(db, out);
    find_clock(db, out);
    find_schema(db, out);
    find_subscriptions(db, out);
    find_standbys(db, out);
    find_holds(db, out);
    if (!db.unfinished.empty())
        out.push_back(
            {"database_unreadable", error, remedy::repair,
             "the database could not be examined to the end: " + db.unfinished,
             "see what the database's log says of it, and examine again: latchkey doctor"});
    if (!facts.feed_warning.empty())
        out.push_back({"feed_hampered", warning, remedy::change, facts.feed_warning,
                       "let the database take what the server writes into the schema latchkey, and "
                       "give the server a direct connection, or a pool in session mode, for "
                       "notifications"});
}

} // namespace latchkey::server
