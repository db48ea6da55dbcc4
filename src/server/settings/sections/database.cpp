#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access database_at = at<&configuration::database, Field>;

using database = pg::configuration;

constexpr setting rows[] = {
    {"database.uri",
     secret(is_connection_string,
            "a PostgreSQL URI (postgresql://...) or key=value text; in a URI, "
            "% / @ : and ? of a password are percent-encoded"),
     database_at<&database::uri>,
     "PostgreSQL: a libpq URI or key=value text. If it holds a password, do not write it here:\n"
     "give it as LATCHKEY_DATABASE__URI_FILE or as the systemd credential \"database.uri\". A "
     "reload\n"
     "tries a changed one first, and refuses it if it does not work while the one before does, or\n"
     "leads to another database. The connections are then opened anew one by one, each worker\n"
     "with one more than it may have.",
     reloadable},
    {"database.connections", count(1, 10'000), database_at<&database::connections>,
     "Connections that are opened when look-ups need them, and then kept, over all workers; at\n"
     "least one for each worker."},
    {"database.overflow", count(0, 10'000), database_at<&database::overflow>,
     "Further connections, over all workers, that are opened under load and closed after it."},
    {"database.in_flight", count(1, 64), database_at<&database::in_flight>,
     "Queries under way at once on one connection (libpq's pipeline)."},
    {"database.batch_max", count(1, 10'000), database_at<&database::batch_max>,
     "Keys or devices in one query. Look-ups that arrive while queries are under way are gathered\n"
     "into the next one; nothing waits for a timer. A query takes at most half of the look-ups\n"
     "that may be in queries at once (or batch_spread, if that is more), so that the database\n"
     "works on one query while the answer to another is read. The default fits a verify-batch of\n"
     "1000."},
    {"database.waiting_max", count(1, 1'000'000), database_at<&database::waiting_max>,
     "Look-ups that may wait for a connection, per worker and kind (keys, devices). One more gets\n"
     "503 at once.",
     reloadable},
    {"database.batch_spread", count(1, 10'000), database_at<&database::batch_spread>,
     "When so many look-ups have gathered behind a query under way, a further query starts at\n"
     "once: from here on waiting costs them more than a smaller batch does."},
    {"database.lookups_in_flight_min", count(1, 100'000),
     database_at<&database::lookups_in_flight_min>,
     "Look-ups that may be in queries at once, per worker. The limit follows the database's\n"
     "latency and is never below this value."},
    {"database.lookups_in_flight_max", count(1, 100'000),
     database_at<&database::lookups_in_flight_max>,
     "The same limit is never above this value, and starts with it."},
    {"database.latency_target", duration(1ms, 1s), database_at<&database::latency_target>,
     "The limit of look-ups in queries shrinks if a query takes longer than this, or longer than\n"
     "twice the time of a query without load if the database is far away."},
    {"database.wait_target", duration(1ms, 10s), database_at<&database::wait_target>,
     "How long look-ups may wait for their turn when more arrive than the database answers."},
    {"database.overload_after", duration(1ms, 10s), database_at<&database::overload_after>,
     "A queue that waits longer than wait_target counts as a burst for this time, and as overload\n"
     "after it. Then look-ups that do not fit get 503 at once, until none had to be refused for\n"
     "the same time."},
    {"database.acquire_timeout", duration(1ms, 1min), database_at<&database::acquire_timeout>,
     "How long a look-up may wait for a connection before it gets 503. The older service's pool\n"
     "waited 30 s: by then its caller had given up, and one of the caller's workers had been\n"
     "blocked for nothing. With 150 ms, callers learn of a saturated pool while they can still\n"
     "react.",
     reloadable},
    {"database.query_timeout", duration(1ms, 1min), database_at<&database::query_timeout>,
     "Time from sending a query to its answer. After it, the look-ups in it get 503 and the\n"
     "connection is replaced."},
    {"database.write_timeout", duration(10ms, 30s), database_at<&database::write_timeout>,
     "Time for a change that an operator makes (latchkey org create, key create)."},
    {"database.connect_timeout", duration(10ms, 1min), database_at<&database::connect_timeout>,
     "Time to open one connection, from resolving the name to the end of authentication."},
    {"database.backoff_min", duration(1ms, 1min), database_at<&database::backoff_min>,
     "Pause before a failed connection is tried again. It doubles with each failure, with some\n"
     "randomness."},
    {"database.backoff_max", duration(1ms, 5min), database_at<&database::backoff_max>,
     "The longest such pause. A database that is back is noticed after this time at the latest."},
    {"database.recycle", duration(10s, 7 * 24h), database_at<&database::recycle>,
     "Age at which a connection is replaced by a new one, between two queries."},
    {"database.prepared_statements", flag(), database_at<&database::prepared_statements>,
     "Whether statements are prepared. Behind a pooler (PgBouncer, Supabase's port 6543) none is,\n"
     "whatever this says, and each query carries the session's settings."},
    {"database.trigger_check", duration(100ms, 1min), database_at<&database::trigger_check>,
     "How often the server checks that the triggers that report changes exist and are enabled. If\n"
     "one is not, this node is not ready, and says which. A new or dropped partition of the older\n"
     "service's tables is noticed after this time at the latest, unless a superuser ran the\n"
     "migration."},
    {"database.write_back", flag(), database_at<&database::write_back>,
     "Whether revoking a key that came from the older service's array also sets is_active to\n"
     "false in that array. The server's role then needs UPDATE on the organizations' api_keys.\n"
     "The opposite never happens: what the array says about a key that is revoked here changes\n"
     "nothing."},
    {"database.feed_interval", duration(10ms, 30s), database_at<&database::feed_interval>,
     "Pause between two polls of the feed of changes. A NOTIFY starts a poll at once. Polling\n"
     "finds changes whose notification was lost, and shows that the database is still there."},
    {"database.feed_distance", duration(1ms, 1s), database_at<&database::feed_distance>,
     "Shortest pause between two polls of the feed. Any role of the database may send\n"
     "notifications: however many arrive, there is one poll in this time, and a change may be\n"
     "noticed that much later."},
    {"database.feed_timeout", duration(10ms, 30s), database_at<&database::feed_timeout>,
     "Time for one poll of the feed. After it, the feed's connection is replaced."},
    {"database.feed_retention", duration(1min, 7 * 24h), database_at<&database::feed_retention>,
     "How long rows of the feed are kept at least. A node that was away for longer empties its\n"
     "cache."},
    {"database.settle_wait", duration(0s, 5min), database_at<&database::settle_wait>,
     "After a fail-over or a restore, a node that is new or was cut off answers once the other\n"
     "nodes have written back what they remember to be revoked (cache.remembered_for). It waits\n"
     "no longer than this for nodes that do not come, and ten times as long for one that is there\n"
     "and has not finished."},
};

} // namespace

std::span<const setting> database_section() {
    return rows;
}

} // namespace latchkey::server::settings
