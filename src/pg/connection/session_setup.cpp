#include "pg/connection/session_setup.hpp"

#include "pg/connection/identity_statements.hpp"
#include "pg/connection/pooler_hint.hpp"
#include "pg/connection/result_text.hpp"
#include "pg/connection/server_version.hpp"
#include "pg/connection/wire.hpp"
#include "pg/legacy/legacy_record.hpp"
#include "pg/legacy/legacy_statements.hpp"
#include "pg/statements.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <algorithm>
#include <vector>

namespace latchkey::pg {

namespace {

// The server gives up just before this client does, so that its error arrives in time.
core::milliseconds statement_timeout(core::milliseconds query_timeout) {
    return std::max(core::milliseconds(1),
                    query_timeout - std::min(core::milliseconds(50), query_timeout / 10));
}

std::vector<applied_migration> read_applied(const PGresult& rows) {
    std::vector<applied_migration> applied;
    for (int row = 0; row < PQntuples(&rows); ++row)
        applied.push_back({decode_int4(text_at(rows, row, 0)).value_or(0),
                           std::string(text_at(rows, row, 1)), std::string(text_at(rows, row, 2))});
    return applied;
}

database_identity identity_at(const PGresult& rows, int place_column) {
    database_identity out{std::string(text_at(rows, 0, place_column)), std::nullopt};
    if (PQgetisnull(&rows, 0, place_column + 1) == 0)
        out.era = std::string(text_at(rows, 0, place_column + 1));
    out.started = std::string(text_at(rows, 0, place_column + 2));
    return out;
}

constexpr const char* is_standby =
    "the server is a standby, which may be behind: only a primary is asked; name the primary in "
    "database.uri, or all servers (host=a,b)";

constexpr const char* names_are_gone =
    "latchkey.legacy_names does not say what the older service's tables and columns are called: "
    "run latchkey migrate";

bool table_is_missing(std::string_view sqlstate) {
    return sqlstate == "42P01" || sqlstate == "3F000"; // undefined_table, invalid_schema_name
}

// Of a schema that does not fit.
database_problem kind_of_mismatch(std::span<const applied_migration> applied) {
    const auto all = migrations();
    const bool is_pending = std::ranges::any_of(all, [&](const migration& m) {
        return std::ranges::find(applied, m.version, &applied_migration::version) == applied.end();
    });
    return is_pending ? database_problem::not_migrated : database_problem::unusable;
}

} // namespace

void session_setup::begin() {
    step_ = step::settings;
    pooled_ = false;
    to_prepare_ = to_probe_ = 0;
    if (const auto problem = server_too_old(port_.setup_server_version()))
        return port_.setup_failed(*problem);
    perform();
}

void session_setup::perform() {
    parameters.clear();
    switch (step_) {
    case step::settings:
        statement_timeout_ = std::to_string(statement_timeout(settings_.query_timeout).count());
        backend_ =
            settings_.database.prepared_statements ? std::to_string(port_.setup_backend()) : "0";
        what = &statements::session_settings;
        parameters = {{statement_timeout_.c_str(), 0, false}, {backend_.c_str(), 0, false}};
        return port_.setup_send(*this);
    case step::schema:
        what = &statements::applied_migrations;
        return port_.setup_send(*this);
    case step::names:
        what = &statements::read_legacy_names;
        return port_.setup_send(*this);
    case step::identity:
        what = &statements::read_identity;
        return port_.setup_send(*this);
    case step::prepare:
        // Behind a pooler the next transaction may run in another session, which does not have
        // them.
        if (!settings_.database.prepared_statements || pooled_ ||
            to_prepare_ == settings_.prepared.size()) {
            step_ = step::probe;
            return perform();
        }
        what = &settings_.prepared[to_prepare_];
        return port_.setup_prepare(*this, *what);
    case step::probe:
        if (to_probe_ == settings_.probes.size()) {
            step_ = step::done;
            return port_.setup_done();
        }
        empty_array_.clear();
        append_bytea_array_header(empty_array_, 0);
        what = &settings_.probes[to_probe_];
        parameters = {{empty_array_.data(), static_cast<int>(empty_array_.size()), true}};
        return port_.setup_send(*this);
    case step::done:
        return port_.setup_done();
    }
}

void session_setup::fail(database_problem found, const std::string& why) {
    problem_ = found;
    port_.setup_failed(why);
}

void session_setup::next() {
    if (step_ == step::prepare)
        ++to_prepare_;
    else if (step_ == step::probe)
        ++to_probe_;
    else
        step_ = static_cast<step>(static_cast<int>(step_) + 1);
    perform();
}

std::vector<parameter> session_setup::settings_of_a_transaction() const {
    return {{statement_timeout_.c_str(), 0, false}, {"0", 0, false}};
}

void session_setup::succeeded(const pg_result& rows) {
    if (step_ == step::settings) pooled_ = decode_bool(text_at(rows, 0, 0)).value_or(true);
    if (step_ == step::schema) {
        const auto applied = read_applied(rows);
        if (const auto problem = schema_mismatch(migrations(), applied))
            return fail(kind_of_mismatch(applied), *problem);
    }
    if (step_ == step::names) {
        auto noted = read_legacy_names(rows);
        if (!noted) return fail(database_problem::not_migrated, names_are_gone);
        if (const auto conflict = legacy_conflict(settings_.database.legacy, *noted))
            return port_.setup_failed(*conflict);
        names_ = *std::move(noted);
        port_.setup_named();
    }
    if (step_ == step::identity) {
        if (decode_bool(text_at(rows, 0, 0)).value_or(true)) return port_.setup_failed(is_standby);
        identity_ = identity_at(rows, 1);
    }
    next();
}

bool session_setup::is_same_database(const pg_result& answer) const {
    using statements::transaction_place_column;
    if (!asks_for_database()) return true;
    return PQntuples(&answer) == 1 && PQnfields(&answer) == transaction_place_column + 3 &&
           identity_at(answer, transaction_place_column) == identity_;
}

void session_setup::failed(const query_failure& why) {
    // Without a SQLSTATE the connection broke, and tells its owner itself.
    if (why.sqlstate.empty()) return;
    if (step_ == step::schema && table_is_missing(why.sqlstate))
        return fail(database_problem::not_migrated, *schema_mismatch(migrations(), {}));
    if (step_ == step::names && table_is_missing(why.sqlstate))
        return fail(database_problem::not_migrated, names_are_gone);
    fail(why.hint.empty() ? database_problem::unusable : database_problem::right_missing,
         "the database refuses " + std::string(what->name) + ": " + std::string(why.message) +
             " (SQLSTATE " + std::string(why.sqlstate) + ")" +
             std::string(pooler_hint(why.message)) + std::string(why.hint));
}

} // namespace latchkey::pg
