#include <latchkey/pg/setup/database_setup.hpp>

#include "pg/connection/blocking_connection.hpp"
#include "pg/connection/conninfo.hpp"
#include "pg/connection/result_text.hpp"

#include <latchkey/pg/doctor/database_facts.hpp>

#include <algorithm>
#include <span>

namespace latchkey::pg {

namespace {

using core::failure;
using core::failure_kind;

constexpr const char* application = "latchkey setup";
constexpr const char* default_role = "latchkey"; ///< of the service, whose user has this name

// $1: the server's role, $2: the owner's, $3: the database.
constexpr const char* what_is_there =
    "select exists (select from pg_roles where rolname = $1),"
    " coalesce((select rolcanlogin from pg_roles where rolname = $1), false),"
    " exists (select from pg_roles where rolname = $2),"
    " exists (select from pg_database where datname = $3),"
    " coalesce((select has_database_privilege(r.oid, d.oid, 'CONNECT') from pg_roles r,"
    " pg_database d where r.rolname = $1 and d.datname = $3), false),"
    " (select rolsuper from pg_roles where rolname = current_user), quote_ident($1),"
    " quote_ident($2), quote_ident($3)";
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

// For the keyword `options`, in which blanks separate arguments.
std::string argument_text(const std::string& value) {
    std::string out;
    for (const char c : value) {
        if (c == ' ' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

core::result<result_ptr> ask(PGconn& pg, const char* sql, std::span<const std::string> values) {
    std::vector<const char*> pointers;
    for (const auto& value : values)
        pointers.push_back(value.c_str());
    result_ptr rows(PQexecParams(&pg, sql, static_cast<int>(pointers.size()), nullptr,
                                 pointers.data(), nullptr, nullptr, 0));
    if (PQresultStatus(rows.get()) != PGRES_TUPLES_OK) return failure_of(pg);
    return rows;
}

core::result<result_ptr> ask(const configuration& where, const char* sql,
                             std::span<const std::string> values) {
    const auto pg = connect_and_wait(where, application);
    if (!pg) return pg.error();
    return ask(**pg, sql, values);
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
    const std::string values[] = {role_, role_ + "_owner", database_};
    const auto rows = ask(session_in(maintenance_), what_is_there, values);
    if (!rows) return rows.error();
    const auto is = [&](int column) { return is_true(**rows, 0, column); };
    const auto text = [&](int column) { return std::string(text_at(**rows, 0, column)); };
    const auto role = text(6), owner = text(7), database = text(8);
    std::vector<setup_change> out;
    if (!is(0))
        out.push_back({"make the role " + role + ", as which the server connects",
                       "create role " + role + " login"});
    else if (!is(1))
        out.push_back({"let the role " + role + " log in", "alter role " + role + " login"});
    if (!is(3)) {
        if (!is(2))
            out.push_back({"make the role " + owner + ", which owns the schema and cannot log in",
                           "create role " + owner + " nologin"});
        if (!is(5))
            out.push_back({"become a member of " + owner, "grant " + owner + " to current_user"});
        out.push_back({"make the database " + database + ", of which " + owner + " is the owner",
                       "create database " + database + " owner " + owner});
        out.push_back({"let nobody else connect to it",
                       "revoke connect, temporary on database " + database + " from public"});
    }
    if (!is(4) || !is(3))
        out.push_back({"let " + role + " connect to " + database,
                       "grant connect on database " + database + " to " + role});
    return out;
}

core::result<bool> database_setup::has_database() const {
    const std::string values[] = {role_, role_, database_};
    const auto rows = ask(session_in(maintenance_), what_is_there, values);
    if (!rows) return rows.error();
    return is_true(**rows, 0, 0) && is_true(**rows, 0, 3);
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

core::result<std::vector<setup_change>> database_setup::missing_rights() const {
    const auto facts = examine_database(session_in(database_, role_), {});
    for (const auto* problem :
         {&facts.unreachable, &facts.unfinished, &facts.names_problem, &facts.schema_problem})
        if (!problem->empty()) return failure{failure_kind::unavailable, *problem};
    std::vector<setup_change> out;
    for (const auto& right : facts.missing)
        out.push_back({"grant " + right.what, right.grant, true});
    const std::string values[] = {role_};
    const auto rows = ask(session_in(maintenance_), "select quote_ident($1)", values);
    if (!rows) return rows.error();
    const auto role = std::string(text_at(**rows, 0, 0));
    if (!facts.under_row_security.empty())
        out.push_back({"let " + role + " see all rows of " + facts.under_row_security.front(),
                       "alter role " + role + " bypassrls"});
    if (facts.has_standbys && !facts.sees_standbys)
        out.push_back({"let " + role + " see how far the standbys are",
                       "grant pg_read_all_stats to " + role});
    return out;
}

core::result<void> database_setup::make(const setup_change& change) const {
    const auto pg =
        connect_and_wait(session_in(change.in_database ? database_ : maintenance_), application);
    if (!pg) return pg.error();
    const result_ptr done(PQexec(pg->get(), change.sql.c_str()));
    if (PQresultStatus(done.get()) == PGRES_COMMAND_OK) return {};
    auto why = failure_of(**pg);
    why.message = change.sql + ": " + why.message;
    return why;
}

} // namespace latchkey::pg
