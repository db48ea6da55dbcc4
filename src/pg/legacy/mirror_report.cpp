#include "pg/legacy/mirror_report.hpp"

#include "pg/connection/blocking_connection.hpp"

#include <string>

namespace latchkey::pg {

namespace {

using say_function = std::function<void(std::string_view)>;

constexpr const char* has_table = "select to_regclass('latchkey.mirror_findings') is not null";
// say_findings lists repeated findings, so the server's warnings are not needed.
constexpr const char* no_warnings = "set client_min_messages = error";
// In a database of another encoding an id may have no text in UTF-8, so its bytes are returned too.
constexpr const char* to_try_again =
    "select latchkey.told(organization_id),"
    " encode(convert_to(organization_id, getdatabaseencoding()), 'hex')"
    " from (select distinct organization_id from latchkey.mirror_findings"
    " where outcome <> 'renamed' and organization_id <> '') as each_one order by organization_id";
constexpr const char* try_again =
    "select latchkey.mirror_again(convert_from(decode($1, 'hex'), getdatabaseencoding()))";
constexpr const char* findings =
    "select case when organization_id = '' then 'without organization_id'"
    " else latchkey.told(organization_id) end,"
    " case when place < 0 then 'api_keys' else 'api_keys[' || place || ']' end,"
    " outcome, case when outcome = 'disabled' then 'key \"' || latchkey.told(key_id) || '\" ' else "
    "'' end"
    " || latchkey.told(reason) from latchkey.mirror_findings order by organization_id, place, "
    "outcome";
constexpr const char* counts =
    "select count(*) filter (where outcome = 'skipped'),"
    " count(*) filter (where outcome = 'disabled'), count(*) filter (where outcome = 'renamed'),"
    " count(distinct organization_id) from latchkey.mirror_findings";

std::string text(const result_ptr& rows, int row, int column) {
    return PQgetvalue(rows.get(), row, column);
}

// An organization whose lock takes too long keeps its findings.
core::result<void> mirror_again(PGconn& pg, const say_function& say) {
    const result_ptr ids(PQexec(&pg, to_try_again));
    if (PQresultStatus(ids.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    for (int row = 0; row < PQntuples(ids.get()); ++row) {
        const char* id[] = {PQgetvalue(ids.get(), row, 1)};
        const result_ptr done(PQexecParams(&pg, try_again, 1, nullptr, id, nullptr, nullptr, 0));
        if (PQresultStatus(done.get()) != PGRES_TUPLES_OK)
            say("organization " + text(ids, row, 0) +
                ": its api_keys could not be tried again: " + trimmed(PQerrorMessage(&pg)));
    }
    return {};
}

core::result<void> say_findings(PGconn& pg, const say_function& say) {
    const result_ptr rows(PQexec(&pg, findings));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    for (int row = 0; row < PQntuples(rows.get()); ++row)
        say("organization " + text(rows, row, 0) + ", " + text(rows, row, 1) + ": " +
            text(rows, row, 2) + ": " + text(rows, row, 3));
    if (PQntuples(rows.get()) == 0) return {};
    const result_ptr sums(PQexec(&pg, counts));
    if (PQresultStatus(sums.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    say("organizations.api_keys: " + text(sums, 0, 0) + " elements are skipped, " +
        text(sums, 0, 1) + " disabled, " + text(sums, 0, 2) + " have another key_id, of " +
        text(sums, 0, 3) +
        " organizations. Skipped and disabled ones are counted by /health until the arrays are "
        "mended; all are in latchkey.mirror_findings");
    return {};
}

} // namespace

core::result<void> report_mirror(PGconn& pg, const say_function& say) {
    const result_ptr has(PQexec(&pg, has_table));
    if (PQresultStatus(has.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    if (text(has, 0, 0) != "t") return {};
    const result_ptr quiet(PQexec(&pg, no_warnings));
    if (PQresultStatus(quiet.get()) != PGRES_COMMAND_OK) return failure_of(pg);
    if (auto done = mirror_again(pg, say); !done) return done.error();
    return say_findings(pg, say);
}

} // namespace latchkey::pg
