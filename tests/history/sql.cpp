#include "sql.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace latchkey::history {

namespace {

using clock = std::chrono::steady_clock;

struct clear {
    void operator()(PGresult* r) const noexcept { PQclear(r); }
};

void ignore_notice(void*, const char*) {}

std::vector<std::vector<std::string>> rows_of(const PGresult* r) {
    std::vector<std::vector<std::string>> out;
    for (int i = 0; i < PQntuples(r); ++i) {
        auto& row = out.emplace_back();
        for (int column = 0; column < PQnfields(r); ++column)
            row.emplace_back(PQgetvalue(r, i, column));
    }
    return out;
}

// An ERROR has ended the transaction. After FATAL or PANIC, its outcome is unknown.
bool is_error(const PGresult* r) {
    const char* severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity && std::string_view(severity) == "ERROR";
}

} // namespace

void sql::finish::operator()(pg_conn* c) const noexcept {
    PQfinish(c);
}

sql::sql(std::string conninfo, std::chrono::milliseconds patience)
    : conninfo_(std::move(conninfo)), patience_(patience) {}

sql::~sql() = default;

bool sql::wait(bool to_write, deadline until) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
    pollfd ready{PQsocket(pg_.get()), static_cast<short>(to_write ? POLLOUT : POLLIN), 0};
    return left > 0 && ::poll(&ready, 1, static_cast<int>(left)) == 1;
}

bool sql::connect(deadline until) {
    if (pg_) return true;
    pg_.reset(PQconnectStart(conninfo_.c_str()));
    if (!pg_) return false;
    PQsetNoticeProcessor(pg_.get(), ignore_notice, nullptr);
    auto next =
        PQstatus(pg_.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED || !wait(next == PGRES_POLLING_WRITING, until)) {
            pg_.reset();
            return false;
        }
        next = PQconnectPoll(pg_.get());
    }
    return true;
}

sql_answer sql::receive(deadline until) {
    sql_answer out{sql_answer::kind::done};
    for (;;) {
        while (PQisBusy(pg_.get()) != 0)
            if (!wait(false, until) || PQconsumeInput(pg_.get()) == 0)
                return {sql_answer::kind::unknown, "no answer"};
        const std::unique_ptr<PGresult, clear> r(PQgetResult(pg_.get()));
        if (!r) return out;
        const auto status = PQresultStatus(r.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
            out.rows = rows_of(r.get());
        } else {
            out.how = is_error(r.get()) ? sql_answer::kind::refused : sql_answer::kind::unknown;
            out.error = PQresultErrorMessage(r.get());
            if (out.how == sql_answer::kind::unknown) return out;
        }
    }
}

sql_answer sql::ask(const std::string& statements) {
    const auto until = clock::now() + patience_;
    if (!connect(until)) return {sql_answer::kind::refused, "no connection"};
    if (PQsendQuery(pg_.get(), statements.c_str()) == 0) {
        pg_.reset();
        return {sql_answer::kind::unknown, "not sent"};
    }
    auto out = receive(until);
    if (out.how == sql_answer::kind::unknown) pg_.reset();
    return out;
}

std::vector<std::vector<std::string>> sql::must(const std::string& statements) {
    auto out = ask(statements);
    if (!out) throw std::runtime_error(out.error + " in: " + statements.substr(0, 200));
    return std::move(out.rows);
}

} // namespace latchkey::history
