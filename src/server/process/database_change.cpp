#include "server/process/database_change.hpp"

#include <latchkey/pg/doctor/database_facts.hpp>

#include <utility>

namespace latchkey::server {

namespace {

std::string missing_of(const pg::database_facts& db) {
    std::string grants;
    for (const auto& right : db.missing)
        grants += (grants.empty() ? " " : "; ") + right.grant;
    return "the role \"" + db.role + "\" lacks rights; as the owner, run:" + grants;
}

} // namespace

std::string why_unusable(const pg::configuration& database, const database_in_use& in_use) {
    std::string lineage;
    const auto found = pg::examine_database(
        database, {.connect_timeout = database.connect_timeout,
                   .reached = [&](std::string reached) { lineage = std::move(reached); }});
    // A server of the same system that was promoted, or is named otherwise, is the same database.
    if (in_use.identity && !lineage.empty() && lineage != in_use.identity->lineage())
        return "it is another database: restart to change it";
    if (!in_use.works) return {};
    for (const auto* why : {&found.unreachable, &found.schema_problem, &found.names_problem})
        if (!why->empty()) return *why;
    if (!found.missing.empty()) return missing_of(found);
    return found.unfinished;
}

configuration_reader trying_database(configuration_reader read, const pg::configuration& in_use,
                                     database_in_use used) {
    return [read = std::move(read), uri = in_use.uri,
            used = std::move(used)]() -> core::result<loaded_configuration> {
        auto next = read();
        if (!next || next->settings.database.uri == uri) return next;
        const auto why = why_unusable(next->settings.database, used);
        if (why.empty()) return next;
        return core::failure{core::failure_kind::invalid,
                             "database.uri: with its new value the database cannot be used: " +
                                 why};
    };
}

} // namespace latchkey::server
