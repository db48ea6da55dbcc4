#include <latchkey/pg/setup/database_setup.hpp>

#include "pg/connection/conninfo.hpp"
#include "pg/connection/result_text.hpp"
#include "pg/setup/owners.hpp"
#include "pg/setup/question.hpp"

#include <latchkey/pg/doctor/database_facts.hpp>

#include <algorithm>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

constexpr const char* default_role = "latchkey"; ///< of the service, whose user has this name

// $1: the server's role, $2: the owner's, $3: the database. May this session act as $2? PostgreSQL
// 16 tells membership from that right. PUBLIC has rights on a database unless they were taken.
constexpr const char* what_is_there =
    "select r.oid is not null, coalesce(r.rolcanlogin, false), coalesce(r.rolsuper, false),"
    " o.oid is not null, coalesce(o.rolcanlogin or o.rolsuper, false),"
    " d.oid is not null, coalesce(d.datdba = o.oid, false),"
    " coalesce(has_database_privilege(r.oid, d.oid, 'CONNECT'), false),"
    " exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
    " where a.grantee = 0 and a.privilege_type in ('CONNECT', 'TEMPORARY')),"
    " me.rolsuper, coalesce(pg_has_role(o.oid, case when"
    " current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end), false),"
    " quote_ident($1), quote_ident($2), quote_ident($3)"
    " from pg_roles me left join pg_roles r on r.rolname = $1"
    " left join pg_roles o on o.rolname = $2 left join pg_database d on d.datname = $3"
    " where me.rolname = current_user";
struct found {
    bool role, logs_in, is_superuser; ///< the server's role
    bool owner, owner_is_more;        ///< more than an owner: it can log in or is a superuser
    bool database, is_owners, connects, is_open;
    bool asked_by_superuser, acts_as_owner;
    std::string role_name, owner_name, database_name; ///< for SQL
};
found found_in(const PGresult& rows) {
    const auto is = [&](int column) { return is_true(rows, 0, column); };
    const auto text = [&](int column) { return std::string(text_at(rows, 0, column)); };
    return {is(0), is(1), is(2), is(3),  is(4),    is(5),    is(6),
            is(7), is(8), is(9), is(10), text(11), text(12), text(13)};
}
// Only a superuser may look whether a role has one. $1: the role.
constexpr const char* lacks_password =
    "select exists (select from pg_authid where rolname = $1 and rolpassword is null)";
// $1: the organizations' table. Whoever migrated goes on; before that, the tables' owner migrates.
constexpr const char* find_owner =
    "select pg_get_userbyid(coalesce("
    " (select nspowner from pg_namespace where nspname = 'latchkey'),"
    " (select relowner from pg_class where oid = to_regclass($1)),"
    " (select datdba from pg_database where datname = current_database())))";

std::vector<std::pair<std::string, std::string>> settings_of(const PQconninfoOption* all) {
    std::vector<std::pair<std::string, std::string>> out;
    for (; all && all->keyword; ++all)
        if (all->val && *all->val) out.emplace_back(all->keyword, all->val);
    return out;
}

std::string value_of(const std::vector<std::pair<std::string, std::string>>& settings,
                     std::string_view keyword) {
    for (const auto& [name, value] : settings)
        if (name == keyword) return value;
    return {};
}

// For a key=value string of libpq.
std::string quoted(const std::string& value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + '\'';
}

// For the keyword `options`, in which white space separates arguments.
std::string argument_text(const std::string& value) {
    std::string out;
    for (const char c : value) {
        if (std::string_view(" \t\n\v\f\r\\").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

void add_role(const found& is, std::vector<setup_change>& out) {
    const auto& role = is.role_name;
    if (!is.role)
        out.push_back({"make the role " + role + ", as which the server connects",
                       "create role " + role + " login"});
    else if (!is.logs_in)
        out.push_back({"let the role " + role + " log in", "alter role " + role + " login"});
    if (is.is_superuser)
        out.push_back({.what = "the role " + role +
                               ", as which the server connects, is a "
                               "superuser, and a server needs no such rights",
                       .sql = "alter role " + role + " nosuperuser",
                       .by_hand = true});
}

void add_owner(const found& is, std::vector<setup_change>& out) {
    const auto& owner = is.owner_name;
    if (!is.owner)
        out.push_back({"make the role " + owner + ", which owns the schema and cannot log in",
                       "create role " + owner + " nologin"});
    if (!is.asked_by_superuser && !is.acts_as_owner)
        out.push_back({"become a member of " + owner, "grant " + owner + " to current_user"});
}

// Whoever may act as the owner could do all that it may do.
setup_change refused_owner(const found& is) {
    return {.what = "the role " + is.owner_name +
                    ", which is to own the database, can log in or is a superuser: take that from "
                    "it, or make the database yourself",
            .sql = "alter role " + is.owner_name + " nologin nosuperuser",
            .by_hand = true};
}

} // namespace

core::result<database_setup> database_setup::plan(const configuration& server,
                                                  std::string_view administrator) {
    database_setup out(server);
    const conninfo_ptr theirs(PQconninfoParse(std::string(server.uri.reveal()).c_str(), nullptr));
    if (!theirs)
        return failure{failure_kind::invalid, "database.uri is not a PostgreSQL connection string"};
    auto settings = settings_of(theirs.get());
    out.role_ = value_of(settings, "user");
    if (out.role_.empty()) out.role_ = default_role;
    out.database_ = value_of(settings, "dbname");
    if (out.database_.empty()) out.database_ = out.role_;
    out.owner_ = out.role_ + "_owner";
    out.has_password_ = !value_of(settings, "password").empty();
    const auto host = value_of(settings, "host");
    out.is_local_ = value_of(settings, "hostaddr").empty() && host.find(',') == host.npos &&
                    (host.empty() || host.front() == '/' || host.front() == '@');
    out.maintenance_ = "postgres";
    if (administrator.empty()) {
        std::erase_if(settings, [](const auto& setting) {
            return setting.first != "host" && setting.first != "hostaddr" &&
                   setting.first != "port";
        });
        settings.emplace_back("user", "postgres");
    } else {
        const conninfo_ptr given(PQconninfoParse(std::string(administrator).c_str(), nullptr));
        if (!given)
            return failure{failure_kind::invalid,
                           "--admin-uri is not a PostgreSQL connection string"};
        settings = settings_of(given.get());
        if (const auto name = value_of(settings, "dbname"); !name.empty()) out.maintenance_ = name;
    }
    out.administrator_ = std::move(settings);
    return out;
}

configuration database_setup::session_in(const std::string& database,
                                         const std::string& acting_as) const {
    std::string text, options;
    for (const auto& [name, value] : administrator_) {
        if (name == "options") options = value + ' ';
        if (name != "options" && name != "dbname") text += name + '=' + quoted(value) + ' ';
    }
    text += "dbname=" + quoted(database);
    if (!acting_as.empty()) options += "-c role=" + argument_text(acting_as);
    if (!options.empty()) text += " options=" + quoted(options);
    auto out = server_;
    out.uri = crypto::secret(std::move(text));
    return out;
}

core::result<std::vector<setup_change>> database_setup::missing_database() const {
    const std::string values[] = {role_, owner_, database_};
    const auto rows = ask(session_in(maintenance_), what_is_there, values);
    if (!rows) return rows.error();
    const auto is = found_in(**rows);
    std::vector<setup_change> out;
    add_role(is, out);
    if (auto left = missing_password(is.asked_by_superuser); !left.what.empty())
        out.push_back(std::move(left));
    if (is.owner_is_more && (!is.database || is.is_owners)) out.push_back(refused_owner(is));
    if (!is.database && is.owner_is_more) return out;
    if (!is.database || is.is_owners) add_owner(is, out);
    if (!is.database)
        out.push_back({"make the database " + is.database_name + ", of which " + is.owner_name +
                           " is the owner",
                       "create database " + is.database_name + " owner " + is.owner_name});
    const bool closes = !is.database || (is.is_owners && is.is_open);
    if (closes || !is.connects)
        out.push_back({"let " + is.role_name + " connect to " + is.database_name,
                       "grant connect on database " + is.database_name + " to " + is.role_name});
    if (closes)
        out.push_back({"let nobody else connect to it", "revoke connect, temporary on database " +
                                                            is.database_name + " from public"});
    return out;
}

setup_change database_setup::missing_password(bool asked_by_superuser) const {
    setup_change out{.by_hand = true};
    if (!has_password_ || !asked_by_superuser) return out;
    const std::string values[] = {role_};
    const auto rows = ask(session_in(maintenance_), lacks_password, values);
    if (!rows || !is_true(**rows, 0, 0)) return out;
    out.what = "the URI has a password, and the role " + role_ +
               " has none: set the same one, by \\password in psql";
    out.sql = "\\password " + role_;
    return out;
}

core::result<bool> database_setup::has_database() const {
    const std::string values[] = {role_, owner_, database_};
    const auto rows = ask(session_in(maintenance_), what_is_there, values);
    if (!rows) return rows.error();
    const auto is = found_in(**rows);
    return is.role && is.database;
}

core::result<std::string> database_setup::distrust() const {
    const auto pg = connect_and_wait(session_in(database_), setup_application);
    if (!pg) return pg.error();
    return untrusted_owner(**pg, owner_, server_.legacy);
}

core::result<configuration> database_setup::migrator() const {
    const auto& configured = server_.legacy.organizations;
    const std::string values[] = {
        table_name_of(configured.empty() ? legacy_names::usual().organizations : configured)
            .quoted()};
    const auto rows = ask(session_in(database_), find_owner, values);
    if (!rows) return rows.error();
    return session_in(database_, std::string(text_at(**rows, 0, 0)));
}

core::result<std::vector<std::string>> database_setup::sealing_keys() const {
    const auto session = migrator();
    if (!session) return session.error();
    return pg::sealing_keys(*session);
}

core::result<std::vector<setup_change>> database_setup::missing_rights() const {
    const auto session = migrator();
    if (!session) return session.error();
    const auto facts = examine_database(*session, {.role = role_});
    for (const auto* problem :
         {&facts.unreachable, &facts.unfinished, &facts.names_problem, &facts.schema_problem})
        if (!problem->empty()) return failure{failure_kind::unavailable, *problem};
    std::vector<setup_change> out;
    for (const auto& right : facts.missing)
        out.push_back({"grant " + right.what, right.grant, true});
    const std::string values[] = {role_};
    const auto rows = ask(session_in(maintenance_),
                          "select quote_ident($1), not (select rolsuper from pg_roles"
                          " where rolname = current_user)",
                          values);
    if (!rows) return rows.error();
    const auto role = std::string(text_at(**rows, 0, 0));
    const bool by_hand = is_true(**rows, 0, 1);
    if (!facts.under_row_security.empty())
        out.push_back({.what = "let " + role + " see all rows of " +
                               facts.under_row_security.front() +
                               " (and of every table in every database of this PostgreSQL)",
                       .sql = "alter role " + role + " bypassrls",
                       .by_hand = by_hand});
    if (facts.has_standbys && !facts.sees_standbys)
        out.push_back({.what = "let " + role + " see how far the standbys are",
                       .sql = "grant pg_read_all_stats to " + role,
                       .by_hand = by_hand});
    return out;
}

core::result<void> database_setup::make(const setup_change& change) const {
    const auto pg = connect_and_wait(session_in(change.in_database ? database_ : maintenance_),
                                     setup_application);
    if (!pg) return pg.error();
    const result_ptr done(PQexec(pg->get(), change.sql.c_str()));
    if (PQresultStatus(done.get()) == PGRES_COMMAND_OK) return {};
    auto why = failure_of(**pg);
    why.message = change.sql + ": " + why.message;
    return why;
}

core::result<std::vector<std::string>> sealing_keys(const configuration& server) {
    constexpr const char* is_there = "select to_regclass('latchkey.signing_keys') is not null";
    constexpr const char* list =
        "select distinct kek_id from latchkey.signing_keys where sealed is not null order by 1";
    const auto there = ask(server, is_there, {});
    if (!there) return there.error();
    std::vector<std::string> out;
    if (!is_true(**there, 0, 0)) return out;
    const auto rows = ask(server, list, {});
    if (!rows) return rows.error();
    for (int row = 0; row < PQntuples(rows->get()); ++row)
        out.emplace_back(text_at(**rows, row, 0));
    return out;
}

} // namespace latchkey::pg
