#include "pg/connection/watched_session.hpp"

#include "pg/connection/pooled_session.hpp"
#include "pg/migrate/lock_patience.hpp"

#include <poll.h>

#include <cerrno>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr const char* application = "latchkey migrate";
// A statement may run for this long before its blockers are looked for, then at this interval.
constexpr int first_look_ms = static_cast<int>(lock_attempt.count()) / 4;
constexpr int look_interval_ms = 200;

// Makes the server stop working for a client that is gone. Not every server can notice that.
constexpr const char* notice_our_end =
    "select set_config('client_connection_check_interval', '1s', false)"
    " where exists (select from pg_settings where name = 'client_connection_check_interval')";
// Leaves out the others' queries: they may hold secrets. Of other roles' sessions, a role may see
// no more than the pid.
constexpr const char* who_blocks =
    "select string_agg(case when b.pid = 0 then 'a prepared transaction'"
    " else 'pid ' || b.pid || coalesce(' (' || nullif(concat_ws(', ',"
    " nullif(a.backend_type, 'client backend'),"
    " 'application \"' || nullif(a.application_name, '') || '\"',"
    " 'in a transaction for '"
    " || extract(epoch from clock_timestamp() - a.xact_start)::bigint || ' s',"
    " 'its last statement began '"
    " || to_char(a.query_start, 'YYYY-MM-DD HH24:MI:SS') || ' UTC'), '') || ')', '') end,"
    " ', ' order by a.xact_start nulls last, b.pid),"
    " coalesce(bool_or($1::integer = any (pg_blocking_pids(b.pid))), false)"
    " from (select distinct pid from unnest(pg_blocking_pids($1::integer)) as p (pid)) as b"
    " left join pg_stat_activity a on a.pid = b.pid";

bool is_fine(const PGresult* r) {
    const auto status = PQresultStatus(r);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

std::string_view state_of(const PGresult* r) {
    const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    return state ? state : "";
}

} // namespace

watched_session::watched_session(const configuration& settings, connection_ptr pg, std::string pid,
                                 std::function<void(std::string_view)> notice)
    : settings_(settings), pg_(std::move(pg)), pid_(std::move(pid)), notice_(std::move(notice)) {
    PQsetNoticeProcessor(
        pg_.get(),
        [](void* self, const char* message) {
            static_cast<watched_session*>(self)->notice_(trimmed(message));
        },
        this);
}

core::result<std::unique_ptr<watched_session>>
watched_session::connect(const configuration& settings,
                         std::function<void(std::string_view)> notice) {
    auto pg = connect_and_wait(settings, application);
    if (!pg) return pg.error();
    if (auto session = require_session(settings, **pg); !session) return session.error();
    const result_ptr ignored(PQexec(pg->get(), notice_our_end));
    // A pooler gives its clients another pid.
    const result_ptr pid(PQexec(pg->get(), "select pg_backend_pid()"));
    if (!is_fine(pid.get())) return failure_of(**pg);
    return std::unique_ptr<watched_session>(new watched_session(
        settings, std::move(*pg), PQgetvalue(pid.get(), 0, 0), std::move(notice)));
}

bool watched_session::send(const std::string& sql, std::span<const std::string> values) {
    if (values.empty()) return PQsendQuery(pg_.get(), sql.c_str()) == 1;
    std::vector<const char*> texts;
    for (const auto& value : values)
        texts.push_back(value.c_str());
    return PQsendQueryParams(pg_.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr,
                             texts.data(), nullptr, nullptr, 0) == 1;
}

boost::system::result<result_ptr, statement_failure>
watched_session::run(const std::string& sql, std::span<const std::string> values) {
    cancelled_ = false;
    if (!send(sql, values)) return statement_failure{failure_of(*pg_)};
    result_ptr last;
    while (wait()) {
        result_ptr next(PQgetResult(pg_.get()));
        if (!next) break;
        if (!last || is_fine(last.get())) last = std::move(next);
    }
    if (!last || PQstatus(pg_.get()) != CONNECTION_OK) return statement_failure{failure_of(*pg_)};
    if (is_fine(last.get())) return last;
    // lock_not_available, deadlock_detected, query_canceled
    const auto state = state_of(last.get());
    const bool gave_way = state == "55P03" || state == "40P01" || (state == "57014" && cancelled_);
    return statement_failure{
        {core::failure_kind::unavailable, trimmed(PQresultErrorMessage(last.get()))}, gave_way};
}

// Waits until a result can be read without waiting. Returns false if the connection is lost.
bool watched_session::wait() {
    for (int timeout = first_look_ms; PQisBusy(pg_.get()) == 1;) {
        if (PQflush(pg_.get()) < 0) return false;
        if (!readable_within(timeout)) {
            look();
            timeout = look_interval_ms;
        } else if (PQconsumeInput(pg_.get()) == 0) {
            return false;
        }
    }
    return true;
}

bool watched_session::readable_within(int timeout_ms) {
    pollfd socket{PQsocket(pg_.get()), POLLIN, 0};
    const int ready = ::poll(&socket, 1, timeout_ms);
    return ready > 0 || (ready < 0 && errno != EINTR);
}

// The migration goes on if nobody can look.
void watched_session::look() {
    if (!watcher_ || PQstatus(watcher_.get()) != CONNECTION_OK) {
        auto made = connect_and_wait(settings_, application);
        if (!made) return;
        watcher_ = std::move(*made);
    }
    const char* values[] = {pid_.c_str()};
    const result_ptr rows(
        PQexecParams(watcher_.get(), who_blocks, 1, nullptr, values, nullptr, nullptr, 0));
    if (!is_fine(rows.get()) || PQgetisnull(rows.get(), 0, 0) == 1) return;
    blockers_ = PQgetvalue(rows.get(), 0, 0);
    if (std::string_view(PQgetvalue(rows.get(), 0, 1)) == "t") cancel();
}

void watched_session::cancel() {
    PGcancel* const request = PQgetCancel(pg_.get());
    if (!request) return;
    char message[256];
    cancelled_ = PQcancel(request, message, sizeof message) == 1 || cancelled_;
    PQfreeCancel(request);
}

} // namespace latchkey::pg
