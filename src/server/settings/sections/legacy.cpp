#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

using names = pg::legacy_names;

template <auto Field>
constexpr field_access legacy_at = {
    [](const configuration& c) { return plain(c.database.legacy.*Field); },
    [](configuration& c, plain_value value) { set(c.database.legacy.*Field, std::move(value)); }};

constexpr auto table = text(is_old_table, "a table, or a schema and a table: \"public.tenants\"");
constexpr auto column =
    text(is_old_column, "a column's name of letters, digits, blanks, \"_\" and \"-\"");

constexpr setting rows[] = {
    {"database.legacy.organizations", table, legacy_at<&names::organizations>,
     "The names of the older service's tables and columns, spelled as in its database. If a name\n"
     "is empty, `latchkey migrate` finds it and prints it, or prints which of these settings to\n"
     "set. The first migration stores the names in the database for all nodes; after that these\n"
     "settings must be empty or the same.\n"
     "The table of organizations. Empty: public.organizations, which is made if it does not\n"
     "exist."},
    {"database.legacy.organization_id", column, legacy_at<&names::organization_id>,
     "Its column of ids. Empty: organization_id, or else the primary key."},
    {"database.legacy.organization_name", column, legacy_at<&names::organization_name>,
     "Its column of names. Empty: name. It is added if it does not exist."},
    {"database.legacy.api_keys", column, legacy_at<&names::api_keys>,
     "Its jsonb column of API keys. Empty: api_keys, or else the only jsonb column with a similar\n"
     "name. It is added if it does not exist."},
    {"database.legacy.organization_status", column, legacy_at<&names::organization_status>,
     "Its column that holds \"active\" or another state. Empty: status. It is added if it does\n"
     "not exist."},
    {"database.legacy.devices", table, legacy_at<&names::devices>,
     "The table of devices. Empty: public.device_credentials, which is made if it does not exist."},
    {"database.legacy.device_id", column, legacy_at<&names::device_id>,
     "Its column of ids. Empty: device_id, or else the primary key."},
    {"database.legacy.device_secret", column, legacy_at<&names::device_secret>,
     "Its column of secrets. Empty: device_secret, or else one with a similar name: secret,\n"
     "secret_hash."},
    {"database.legacy.device_organization_id", column, legacy_at<&names::device_organization_id>,
     "Its column of organizations' ids. Empty: organization_id, or else org_id, or else the "
     "foreign\n"
     "key to the organizations."},
    {"database.legacy.device_status", column, legacy_at<&names::device_status>,
     "Its column that holds \"active\" or another state. Empty: status. It is added if it does\n"
     "not exist."},
    {"database.legacy.device_name", column, legacy_at<&names::device_name>,
     "Its column of names. Empty: name. It is added if it does not exist."},
};

} // namespace

std::span<const setting> legacy_section() {
    return rows;
}

} // namespace latchkey::server::settings
