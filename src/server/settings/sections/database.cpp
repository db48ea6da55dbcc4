#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access database_at = at<&configuration::database, Field>;

using database = pg::configuration;

constexpr setting rows[] = {
    {"database.uri",
     secret(is_connection_string, "a PostgreSQL URI (postgresql://...) or key=value text"),
     database_at<&database::uri>,
     "PostgreSQL: a libpq URI or key=value text. It may hold a password, so rather than here give\n"
     "it as LATCHKEY_DATABASE__URI_FILE or as the systemd credential \"database.uri\"."},
    {"database.connections", count(1, 10'000), database_at<&database::connections>,
     "Connections that are opened as look-ups need them and then kept, over all workers; one for\n"
     "each worker at least."},
    {"database.overflow", count(0, 10'000), database_at<&database::overflow>,
     "Further connections opened under load and closed when it has passed, over all workers."},
    {"database.in_flight", count(1, 64), database_at<&database::in_flight>,
     "Batches under way at once on one connection (libpq's pipeline)."},
    {"database.batch_max", count(1, 10'000), database_at<&database::batch_max>,
     "Keys or devices asked for in one query. Look-ups that arrive while queries are under way\n"
     "gather in the next one; nothing waits on a timer. A query takes at most half of what may\n"
     "be in all of them (or batch_spread, where that is more), so that the database works on one\n"
     "while another's answer is read. The default takes a verify-batch of 1000."},
    {"database.waiting_max", count(1, 1'000'000), database_at<&database::waiting_max>,
     "Look-ups that may wait for a connection, per worker and kind (keys, devices). One more gets\n"
     "503 at once.",
     reloadable},
    {"database.batch_spread", count(1, 10'000), database_at<&database::batch_spread>,
     "Look-ups gathered behind a query under way that start a further one at once: from here on\n"
     "they would lose more by waiting than a smaller batch costs."},
    {"database.lookups_in_flight_min", count(1, 100'000),
     database_at<&database::lookups_in_flight_min>,
     "Look-ups that may be in queries at once, per worker: the limit follows the database's "
     "latency,\n"
     "and is never below this."},
    {"database.lookups_in_flight_max", count(1, 100'000),
     database_at<&database::lookups_in_flight_max>,
     "The limit's upper bound, and where it begins."},
    {"database.latency_target", duration(1ms, 1s), database_at<&database::latency_target>,
     "What a query may take before the limit shrinks, or twice what one takes without load, where\n"
     "the database is farther away."},
    {"database.wait_target", duration(1ms, 10s), database_at<&database::wait_target>,
     "How long look-ups may wait for their turn when more arrive than the database answers."},
    {"database.overload_after", duration(1ms, 10s), database_at<&database::overload_after>,
     "A queue longer than that passes as a burst for this long. Then look-ups that do not fit are\n"
     "refused with 503 at once, until for as long none had to be."},
    {"database.acquire_timeout", duration(1ms, 1min), database_at<&database::acquire_timeout>,
     "How long a look-up may wait for a connection before it is answered with 503. The old\n"
     "service's pool waited 30 s: its caller had long given up, and held a worker of its own all\n"
     "the while. Behind a saturated pool, 150 ms tells callers while they can still act on it.",
     reloadable},
    {"database.query_timeout", duration(1ms, 1min), database_at<&database::query_timeout>,
     "From sending a query to its answer. Later, the look-ups in it get 503 and the connection is\n"
     "replaced."},
    {"database.write_timeout", duration(10ms, 30s), database_at<&database::write_timeout>,
     "For a change that an operator makes (latchkey org create, key create)."},
    {"database.connect_timeout", duration(10ms, 1min), database_at<&database::connect_timeout>,
     "For opening one connection, from resolving the name to the end of authentication."},
    {"database.backoff_min", duration(1ms, 1min), database_at<&database::backoff_min>,
     "Pause before a failed connection is tried again. It doubles with each failure, with jitter."},
    {"database.backoff_max", duration(1ms, 5min), database_at<&database::backoff_max>,
     "Longest such pause: how late, at worst, a database that is back is noticed."},
    {"database.recycle", duration(10s, 7 * 24h), database_at<&database::recycle>,
     "Age at which a connection is replaced, between two queries."},
    {"database.prepared_statements", flag(), database_at<&database::prepared_statements>,
     "Behind a pooler (PgBouncer, Supabase's port 6543) no statement is prepared, whatever this\n"
     "says, and each query takes the session's settings along. False: none is prepared anywhere."},
    {"database.trigger_check", duration(100ms, 1min), database_at<&database::trigger_check>,
     "How often it is made sure that the triggers are there which tell of changes, and that they "
     "are\n"
     "switched on. While one is not, this node is not ready, and says which. So late at most it "
     "is\n"
     "seen that a partition of the older service's tables came or went, unless a superuser "
     "migrated."},
    {"database.write_back", flag(), database_at<&database::write_back>,
     "A key of the older service's arrays that is revoked here gets is_active false there too. "
     "The\n"
     "server's role then has to have UPDATE on organizations' api_keys. Never the other way "
     "round:\n"
     "what the array says of a key that is revoked here changes nothing."},
    {"database.feed_interval", duration(10ms, 30s), database_at<&database::feed_interval>,
     "Pause between two polls of the feed of changes. NOTIFY wakes it at once; polling makes sure\n"
     "when a notification is lost, and tells that the database is still there."},
    {"database.feed_distance", duration(1ms, 1s), database_at<&database::feed_distance>,
     "Least pause between two polls of the feed. Any role of the database may send notifications:\n"
     "however many come, there is one poll in this time, and changes are heard of so much later."},
    {"database.feed_timeout", duration(10ms, 30s), database_at<&database::feed_timeout>,
     "For one poll of the feed; then its connection is replaced."},
    {"database.feed_retention", duration(1min, 7 * 24h), database_at<&database::feed_retention>,
     "How long rows of the feed are kept at least. A node that was away for longer empties its\n"
     "cache."},
};

} // namespace

std::span<const setting> database_section() {
    return rows;
}

} // namespace latchkey::server::settings
