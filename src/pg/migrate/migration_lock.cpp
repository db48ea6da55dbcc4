#include "pg/migrate/migration_lock.hpp"

#include "pg/connection/result_text.hpp"

#include <chrono>
#include <thread>

namespace latchkey::pg {

namespace {

constexpr std::chrono::milliseconds interval{100};
// The number is "latchkey" in ASCII.
constexpr const char* try_lock =
    "select pg_try_advisory_lock(x'6c617463686b6579'::bit(64)::bigint)";
constexpr const char* holder =
    "select coalesce(min(pid)::text, '?') from pg_locks where locktype = 'advisory' and granted"
    " and database = (select oid from pg_database where datname = current_database())"
    " and classid = x'6c617463'::bit(32)::bigint::oid and objid = x'686b6579'::bit(32)::bigint::oid"
    " and objsubid = 1";

} // namespace

core::result<void> take_migration_lock(watched_session& session,
                                       const std::function<void(std::string_view)>& say) {
    for (bool said = false;; said = true) {
        const auto rows = session.run(try_lock);
        if (!rows) return rows.error().why;
        if (is_true(**rows, 0, 0)) return {};
        if (!said) {
            const auto who = session.run(holder);
            if (!who) return who.error().why;
            say("another migration is under way (pid " + std::string(PQgetvalue(who->get(), 0, 0)) +
                "): waiting for it");
        }
        std::this_thread::sleep_for(interval);
    }
}

} // namespace latchkey::pg
