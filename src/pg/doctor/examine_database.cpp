#include <latchkey/pg/doctor/database_facts.hpp>

#include "pg/connection/pooled_session.hpp"
#include "pg/connection/result_text.hpp"
#include "pg/connection/server_version.hpp"
#include "pg/doctor/examination_session.hpp"
#include "pg/doctor/examination_statements.hpp"
#include "pg/legacy/legacy_record.hpp"
#include "pg/legacy/legacy_statements.hpp"
#include "pg/lookup/token_rows.hpp"
#include "pg/writes/token_statements.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <charconv>
#include <cstdint>

namespace latchkey::pg {

namespace {

std::int64_t number_at(const PGresult& rows, int row, int column) {
    std::int64_t n = 0;
    const auto text = text_at(rows, row, column);
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

std::vector<applied_migration> applied_in(const PGresult& rows) {
    std::vector<applied_migration> out;
    for (int row = 0; row < PQntuples(&rows); ++row)
        out.push_back({static_cast<int>(number_at(rows, row, 0)),
                       std::string(text_at(rows, row, 1)), std::string(text_at(rows, row, 2))});
    return out;
}

// Asks one thing after the other. The first that fails is told, and what follows is left.
class examiner {
  public:
    examiner(const configuration& database, const examination& terms)
        : database_(database), terms_(terms), session_(terms) {}

    database_facts look() {
        if (const auto connected = session_.connect(database_); !connected) {
            out_.unreachable = connected.error().message;
            return std::move(out_);
        }
        const bool done = look_at_session() && look_at_schema() && look_at_names() &&
                          look_at_rights() && look_at_row_security() &&
                          (!terms_.role.empty() || (look_at_subscriptions() && look_at_rows()));
        if (!done && out_.schema_problem.empty() && out_.names_problem.empty() &&
            out_.missing.empty() && out_.unfinished.empty())
            out_.unfinished = "it was given up";
        return std::move(out_);
    }

  private:
    // Returns null after a failure, which is noted.
    result_ptr ask(const std::string& sql, bool binary = false) {
        auto rows = session_.ask(sql, binary);
        if (rows) return std::move(*rows);
        out_.unfinished = rows.error().message;
        return nullptr;
    }

    // Puts in the role whose rights are asked for.
    std::string of_role(std::string sql) {
        std::string role = "current_user";
        if (!terms_.role.empty()) {
            char* const quoted =
                PQescapeLiteral(&session_.pg(), terms_.role.c_str(), terms_.role.size());
            role = quoted ? quoted + std::string("::name") : "null::name";
            PQfreemem(quoted);
        }
        constexpr std::string_view place = "$role";
        for (auto at = sql.find(place); at != sql.npos; at = sql.find(place, at + role.size()))
            sql.replace(at, place.size(), role);
        return sql;
    }

    bool look_at_session() {
        if (const auto old = server_too_old(PQserverVersion(&session_.pg())))
            return out_.unfinished = *old, false;
        const auto asked = std::chrono::system_clock::now();
        const auto begun = core::steady_now();
        const auto rows = ask(of_role(statements::examine_session));
        if (!rows) return false;
        // The clock was read between begin and end of the question: in the middle, give or take.
        const auto took =
            std::chrono::duration_cast<core::milliseconds>(core::steady_now() - begun);
        const core::real_time theirs{core::milliseconds(number_at(*rows, 0, 0))};
        out_.clock_unsure = took / 2;
        out_.clock_ahead =
            std::chrono::duration_cast<core::milliseconds>(theirs - asked) - out_.clock_unsure;
        if (number_at(*rows, 0, 1) != PQbackendPID(&session_.pg())) look_at_pooler();
        out_.host = PQhost(&session_.pg());
        out_.port = PQport(&session_.pg());
        out_.role = text_at(*rows, 0, 2);
        out_.version = text_at(*rows, 0, 3);
        out_.has_standbys = is_true(*rows, 0, 4);
        out_.sees_standbys = is_true(*rows, 0, 5);
        return true;
    }
    void look_at_pooler() {
        out_.mode = database_mode::pooler;
        if (!terms_.asks_for_pool_mode) return;
        out_.mode = require_session(database_, session_.pg()) ? database_mode::session_pooler
                                                              : database_mode::transaction_pooler;
    }
    // A role without rights on the schema sees nothing of it, and that is asked first.
    bool look_at_schema() {
        const auto there = ask(statements::examine_schema);
        if (!there) return false;
        if (!is_true(*there, 0, 0)) {
            out_.schema_problem = *schema_mismatch(migrations(), {});
            return false;
        }
        if (!is_true(*there, 0, 1)) {
            out_.missing.push_back(
                {"USAGE on schema latchkey", std::string(text_at(*there, 0, 2))});
            return false;
        }
        const auto rows = ask(statements::examine_migrations);
        if (!rows) return note_unreadable();
        if (const auto problem = schema_mismatch(migrations(), applied_in(*rows)))
            out_.schema_problem = *problem;
        return out_.schema_problem.empty();
    }
    // Which rights are missing is told best, if that is why nothing can be read.
    bool note_unreadable() {
        const auto why = std::exchange(out_.unfinished, {});
        if (!look_at_rights() || out_.missing.empty()) out_.unfinished = why;
        return false;
    }
    bool look_at_names() {
        const auto rows = ask(statements::read_legacy_names.text);
        if (!rows) return note_unreadable();
        auto noted = read_legacy_names(*rows);
        if (!noted) {
            out_.names_problem = "latchkey.legacy_names does not say what the older service's "
                                 "tables and columns are called: run latchkey migrate";
            return false;
        }
        if (const auto conflict = legacy_conflict(database_.legacy, *noted))
            return out_.names_problem = *conflict, false;
        names_ = std::move(*noted);
        return true;
    }
    bool look_at_rights() {
        std::string sql = statements::examine_rights;
        constexpr std::string_view place = "$write_back";
        sql.replace(sql.find(place), place.size(),
                    database_.write_back ? statements::rights_to_write_back : "");
        const auto rows = ask(of_role(names_.apply(sql)));
        if (!rows) return false;
        for (int row = 0; row < PQntuples(rows.get()); ++row)
            out_.missing.push_back(
                {std::string(text_at(*rows, row, 0)), std::string(text_at(*rows, row, 1))});
        return true;
    }
    bool look_at_row_security() {
        const auto rows = ask(of_role(names_.apply(statements::examine_row_security)));
        if (!rows) return false;
        for (int row = 0; row < PQntuples(rows.get()); ++row)
            out_.under_row_security.emplace_back(text_at(*rows, row, 0));
        return true;
    }
    bool look_at_subscriptions() {
        const auto rows = ask(names_.apply(statements::examine_subscriptions));
        if (!rows) return false;
        for (int row = 0; row < PQntuples(rows.get()); ++row)
            out_.subscribed.push_back({std::string(text_at(*rows, row, 0)),
                                       std::string(text_at(*rows, row, 1)), is_true(*rows, row, 2),
                                       is_true(*rows, row, 3)});
        return true;
    }
    // What a missing right hides is told by that right.
    bool look_at_rows() {
        if (!out_.missing.empty() || !out_.under_row_security.empty()) return true;
        const auto triggers = ask(statements::examine_triggers);
        if (!triggers) return false;
        out_.trigger_problem = text_at(*triggers, 0, 0);
        const auto nodes = ask(statements::examine_nodes);
        if (!nodes) return false;
        for (int row = 0; row < PQntuples(nodes.get()); ++row)
            out_.nodes.push_back({std::string(text_at(*nodes, row, 0)),
                                  std::string(text_at(*nodes, row, 1)),
                                  std::string(text_at(*nodes, row, 2))});
        const auto holds = ask(statements::examine_holds);
        if (!holds) return false;
        const auto count = text_at(*holds, 0, 0);
        std::from_chars(count.data(), count.data() + count.size(), out_.held);
        const auto keys = ask(statements::load_signing_keys.text, true);
        if (!keys) return false;
        if (auto read = decode_signing_key_rows(*keys)) out_.signing_keys = std::move(*read);
        return true;
    }

    const configuration& database_;
    const examination& terms_;
    examination_session session_;
    legacy_names names_ = legacy_names::usual();
    database_facts out_;
};

} // namespace

database_facts examine_database(const configuration& database, const examination& terms) {
    return examiner(database, terms).look();
}

} // namespace latchkey::pg
