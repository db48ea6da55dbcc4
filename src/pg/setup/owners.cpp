#include "pg/setup/owners.hpp"

#include "pg/connection/result_text.hpp"
#include "pg/setup/question.hpp"

namespace latchkey::pg {

namespace {

// $1: the owner's role; $2 and $3: the older service's tables. The database's owner owns what
// pg_database_owner owns.
constexpr const char* find_untrusted =
    "with trusted as (select r.oid from pg_roles r where r.rolsuper"
    " or r.rolname = 'pg_database_owner' or (r.rolname = $1 and not r.rolcanlogin and not exists"
    " (select from pg_auth_members m join pg_roles u on u.oid = m.member"
    " where m.roleid = r.oid and not u.rolsuper))),"
    " roots as (select to_regclass(t)::oid as oid from unnest(array[$2, $3]) t),"
    " tables as (select c.oid from pg_class c where c.relnamespace = to_regnamespace('latchkey')"
    " union select oid from roots"
    " union select p.relid from roots, pg_partition_tree(roots.oid) p"
    " union select t.tgrelid from pg_trigger t join pg_proc f on f.oid = t.tgfoid"
    " where f.pronamespace = to_regnamespace('latchkey')),"
    " functions as (select f.oid from pg_proc f where f.pronamespace = to_regnamespace('latchkey')"
    " union select t.tgfoid from pg_trigger t join tables on tables.oid = t.tgrelid),"
    " owned (what, owner) as ("
    " select format('database %I', datname), datdba from pg_database"
    " where datname = current_database()"
    " union all select format('schema %I', n.nspname), n.nspowner from pg_namespace n"
    " where n.nspname = 'latchkey' or n.oid in (select c.relnamespace from pg_class c"
    " join roots on roots.oid = c.oid)"
    " union all select format('%I.%I', n.nspname, c.relname), c.relowner from tables"
    " join pg_class c on c.oid = tables.oid join pg_namespace n on n.oid = c.relnamespace"
    " union all select 'function ' || f.oid::regprocedure, f.proowner from functions"
    " join pg_proc f on f.oid = functions.oid)"
    " select format('%s, which %I owns', what, pg_get_userbyid(owner)) from owned"
    " where owner not in (select oid from trusted)"
    " and (select rolsuper from pg_roles where rolname = session_user) limit 1";

} // namespace

core::result<std::string> untrusted_owner(PGconn& pg, const std::string& owner,
                                          const legacy_names& configured) {
    const auto usual = legacy_names::usual();
    const auto table = [&](std::string legacy_names::*name) {
        return table_name_of((configured.*name).empty() ? usual.*name : configured.*name).quoted();
    };
    const std::string values[] = {owner, table(&legacy_names::organizations),
                                  table(&legacy_names::devices)};
    const auto rows = ask(pg, find_untrusted, values);
    if (!rows) return rows.error();
    return PQntuples(rows->get()) == 0 ? std::string() : std::string(text_at(**rows, 0, 0));
}

} // namespace latchkey::pg
