#include <latchkey/pg/holds.hpp>

#include "pg/connection/blocking_connection.hpp"

#include <charconv>
#include <initializer_list>
#include <vector>

namespace latchkey::pg {

namespace {

// All texts are ASCII; times are told in UTC.
constexpr const char* list_text =
    "select pg_catalog.json_build_object('kind', case h.kind when 'disabled_organization'"
    " then 'organization' when 'organization' then 'tokens of organization' else h.kind end,"
    " 'issuer', nullif(h.issuer, ''), 'id', latchkey.told(h.value),"
    " 'revoked_at', pg_catalog.to_char(h.revoked_at at time zone 'UTC',"
    " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'reasserted_at',"
    " pg_catalog.to_char(h.reasserted_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
    " 'reasserted_by', latchkey.told(h.reasserted_by))::pg_catalog.text"
    " from latchkey.holds h order by h.reasserted_at, h.kind, h.issuer, h.value";

core::result<result_ptr> ask(const configuration& settings, const char* sql,
                             std::initializer_list<std::string> values = {}) {
    auto pg = connect_and_wait(settings, "latchkey accept-database");
    if (!pg) return pg.error();
    std::vector<const char*> texts;
    for (const auto& v : values)
        texts.push_back(v.c_str());
    result_ptr rows(PQexecParams(pg->get(), sql, static_cast<int>(texts.size()), nullptr,
                                 texts.data(), nullptr, nullptr, 0));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return failure_of(**pg);
    return rows;
}

} // namespace

core::result<std::vector<std::string>> list_holds(const configuration& settings) {
    const auto rows = ask(settings, list_text);
    if (!rows) return rows.error();
    std::vector<std::string> out;
    for (int i = 0; i < PQntuples(rows->get()); ++i)
        out.emplace_back(PQgetvalue(rows->get(), i, 0));
    return out;
}

core::result<void> lift_hold(const configuration& settings, std::string_view kind,
                             std::string_view id) {
    const std::string of_kind(kind == "organization" ? "disabled_organization" : kind);
    const auto rows =
        ask(settings, "select latchkey.lift_hold($1, '', $2)", {of_kind, std::string(id)});
    if (!rows) return rows.error();
    if (std::string_view(PQgetvalue(rows->get(), 0, 0)) == "t") return {};
    return core::failure{core::failure_kind::not_found,
                         "nothing was written back for this " + std::string(kind) +
                             ": latchkey accept-database --list shows what was"};
}

core::result<std::int64_t> accept_database(const configuration& settings) {
    const auto rows = ask(settings, "select lifted from latchkey.accept_database()");
    if (!rows) return rows.error();
    const std::string_view text = PQgetvalue(rows->get(), 0, 0);
    std::int64_t lifted = 0;
    std::from_chars(text.data(), text.data() + text.size(), lifted);
    return lifted;
}

} // namespace latchkey::pg
