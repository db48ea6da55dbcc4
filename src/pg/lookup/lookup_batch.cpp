#include "pg/lookup/lookup_batch.hpp"

#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"
#include "pg/lookup/lookup_queue.hpp"
#include "pg/lookup/row_reader.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <string>
#include <utility>

namespace latchkey::pg {

namespace {

void decide_all(const std::vector<auth::any_lookup*>& lookups, auth::lookup_status status,
                const char* reason) {
    for (auto* lookup : lookups)
        lookup->decide(status, reason);
}

constexpr const char* unreadable = "the database's answer cannot be read";
constexpr const char* untold = "the database cannot tell what it holds of it";

// No look-up of this kind would fare better, and another connection is no better either.
bool refuses_the_kind(std::string_view sqlstate) {
    return sqlstate == "42501" || sqlstate == "42P01"; // insufficient_privilege, undefined_table
}

// A key whose row the client's library had lost must not count as absent.
bool is_whole(const pg_result& rows) {
    const char* told = PQcmdTuples(const_cast<pg_result*>(&rows)); // it only reads
    return PQresultStatus(&rows) == PGRES_TUPLES_OK && std::to_string(PQntuples(&rows)) == told;
}

} // namespace

void lookup_batch::seal() {
    sort_by_key(lookups_);
    keys_.clear();
    append_bytea_array_header(keys_, lookups_.size());
    for (const auto* lookup : lookups_)
        append_element(keys_, lookup->key);
    what = &reader_.query();
    parameters.assign(1, {keys_.data(), static_cast<int>(keys_.size()), true});
}

// Returns false if the answer is malformed or has a row that nobody asked for.
bool lookup_batch::read(const pg_result& rows) {
    std::vector<std::optional<std::string_view>> values(reader_.columns());
    if (PQnfields(&rows) != static_cast<int>(values.size()) || !is_whole(rows)) return false;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const int column = static_cast<int>(i);
            values[i].reset();
            if (PQgetisnull(&rows, row, column) == 0) values[i] = text_at(rows, row, column);
        }
        if (!reader_.settle_row(values, lookups_)) return false;
    }
    return true;
}

void lookup_batch::succeeded(const pg_result& rows) {
    decide_all(lookups_, auth::lookup_status::absent, "");
    const bool readable = read(rows);
    queue_.is_answered();
    if (!readable) decide_all(lookups_, auth::lookup_status::unavailable, unreadable);
    end(readable);
}

// The database cannot express a value of one credential (bytes that are not text in UTF-8, a value
// that a cast rejects). Halving finds it soon, and the other look-ups get their answers.
void lookup_batch::ask_again_in_halves() {
    auto again = std::exchange(lookups_, {});
    ended_size_ = again.size();
    const auto now = core::steady_now();
    for (auto* lookup : again)
        lookup->waits_since = now;
    const auto half = again.begin() + static_cast<std::ptrdiff_t>(again.size() / 2);
    queue_.push_apart({again.begin(), half});
    queue_.push_apart({half, again.end()});
    queue_.batch_ended(*this, true);
}

// The session has lost its prepared statements, so the connection is replaced. Another one answers,
// unless the look-ups run out of time first.
void lookup_batch::ask_again() {
    ended_size_ = lookups_.size();
    if (!lookups_.empty()) queue_.push_apart(std::exchange(lookups_, {}));
    queue_.batch_ended(*this, true);
}

void lookup_batch::failed(const query_failure& why) {
    if (why.sqlstate == "26000") return ask_again();     // invalid_sql_statement_name
    const bool is_data = why.sqlstate.starts_with("22"); // data_exception
    if (is_data && lookups_.size() > 1) return ask_again_in_halves();
    if (is_data && lookups_.size() == 1) {
        decide_all(lookups_, auth::lookup_status::unavailable, untold);
        return end(true);
    }
    const bool is_refused = refuses_the_kind(why.sqlstate);
    if (is_refused) queue_.is_refused(why);
    const char* reason = why.sqlstate.empty()      ? "the connection to the database broke"
                         : why.sqlstate == "57014" ? "the database took too long"
                                                   : "the database refused the query";
    decide_all(lookups_, auth::lookup_status::unavailable, reason);
    end(is_refused); // a database that refuses one kind answers: the other kind goes on
}

// Completions may start new look-ups, so the batch must be free before they run.
void lookup_batch::end(bool answered) {
    auto ended = std::exchange(lookups_, {});
    ended_size_ = ended.size();
    queue_.batch_ended(*this, answered);
    for (auto* lookup : ended)
        lookup->complete();
}

} // namespace latchkey::pg
