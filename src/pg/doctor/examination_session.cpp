#include "pg/doctor/examination_session.hpp"

#include "pg/connection/identity_statements.hpp"
#include "pg/connection/result_text.hpp"

#include <latchkey/pg/connection/connect_options.hpp>
#include <latchkey/pg/connection/database_identity.hpp>

#include <poll.h>

#include <algorithm>
#include <iterator>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

// How long a wait lasts until it is asked whether to give up.
constexpr core::milliseconds slice{100};
constexpr const char* begin =
    "begin read only; set local search_path = pg_catalog, pg_temp; set local row_security = off;"
    " set local standard_conforming_strings = on; set local timezone = 'UTC';"
    " set local datestyle = 'ISO, YMD'; set local bytea_output = 'hex';"
    " set local lock_timeout = '1s'; set local statement_timeout = '4s'";

failure late() {
    return {failure_kind::unavailable, "the database did not answer in time"};
}

} // namespace

bool examination_session::wait(direction to, core::steady_time until) {
    while (!terms_.is_given_up()) {
        const auto left = std::chrono::ceil<core::milliseconds>(until - core::steady_now());
        if (left.count() <= 0) return false;
        pollfd socket{PQsocket(pg_.get()),
                      static_cast<short>(to == direction::read ? POLLIN : POLLOUT), 0};
        if (::poll(&socket, 1, static_cast<int>(std::min(left, slice).count())) > 0) return true;
    }
    return false;
}

core::result<void> examination_session::connect(const configuration& database) {
    // Parsed first: libpq's own message would quote a URI that it cannot parse.
    auto options = connect_options::parse(database.uri.reveal(), database.secrets);
    if (!options) return options.error();
    auto arguments = options->with_names();
    arguments.keywords.insert(std::prev(arguments.keywords.end()), "fallback_application_name");
    arguments.values.insert(std::prev(arguments.values.end()), "latchkey doctor");
    const auto until = core::steady_now() + terms_.connect_timeout;
    pg_.reset(PQconnectStartParams(arguments.keywords.data(), arguments.values.data(), 0));
    if (!pg_) return late();
    auto next = PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        if (PQstatus(pg_.get()) == CONNECTION_BAD) break;
        if (!wait(next == PGRES_POLLING_READING ? direction::read : direction::write, until))
            return late();
        next = PQconnectPoll(pg_.get());
    }
    if (PQstatus(pg_.get()) != CONNECTION_OK)
        return failure{failure_kind::unavailable, trimmed(PQerrorMessage(pg_.get()))};
    if (terms_.reached) tell_lineage();
    return {};
}

void examination_session::tell_lineage() {
    const auto rows = ask(std::string("select ") + statements::place_text);
    if (rows)
        terms_.reached(
            std::string(database_identity{std::string(text_at(**rows, 0, 0)), {}}.lineage()));
}

result_ptr examination_session::answer(core::steady_time until) {
    for (result_ptr last;;) {
        while (PQisBusy(pg_.get()) == 1)
            if (PQflush(pg_.get()) < 0 || !wait(direction::read, until) ||
                PQconsumeInput(pg_.get()) == 0)
                return nullptr;
        result_ptr next(PQgetResult(pg_.get()));
        if (!next) return last;
        // The first error tells the cause.
        if (!last || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = std::move(next);
    }
}

core::result<result_ptr> examination_session::run(const char* sql, bool binary) {
    // Several statements go in the simple protocol alone, which has no binary results.
    const int sent =
        binary ? PQsendQueryParams(pg_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 1)
               : PQsendQuery(pg_.get(), sql);
    if (sent != 1) return failure{failure_kind::unavailable, trimmed(PQerrorMessage(pg_.get()))};
    auto rows = answer(core::steady_now() + terms_.query_timeout);
    if (!rows) return late();
    const auto status = PQresultStatus(rows.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return rows;
    return failure{failure_kind::unavailable, trimmed(PQresultErrorMessage(rows.get()))};
}

core::result<result_ptr> examination_session::ask(const std::string& sql, bool binary) {
    if (auto begun = run(begin, false); !begun) return begun.error();
    auto rows = run(sql.c_str(), binary);
    if (auto ended = run("rollback", false); !ended && rows) return ended.error();
    return rows;
}

} // namespace latchkey::pg
