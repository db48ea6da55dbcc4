#include "server/setup/sealing_keys.hpp"

#include "server/setup/acting_as.hpp"

#include <latchkey/pg/setup/database_setup.hpp>

namespace latchkey::server {

namespace {

using ids = std::vector<std::string>;

core::result<ids> asked_by_administrator(const pg::database_setup& database) {
    const auto there = database.has_database();
    if (!there) return there.error();
    if (!*there) return ids{};
    const auto whose = database.distrust();
    if (!whose) return whose.error();
    if (!whose->empty())
        return core::failure{core::failure_kind::unavailable,
                             "the database has " + *whose + ": say --admin-uri of its owner"};
    return database.sealing_keys();
}

} // namespace

core::result<ids> sealing_keys_of(const setup_terms& terms) {
    const auto database = pg::database_setup::plan(terms.settings.database, terms.administrator);
    if (!database) return database.error();
    if (!terms.administrator.empty()) return asked_by_administrator(*database);
    if (!database->is_local()) return pg::sealing_keys(terms.settings.database);
    const auto user = acting_as::user("postgres");
    if (!user) return user.error();
    return asked_by_administrator(*database);
}

} // namespace latchkey::server
