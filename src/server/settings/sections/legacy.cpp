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
     "What the older service calls its tables and columns, as they are spelled in its database.\n"
     "Empty: `latchkey migrate` finds it and says what it took, or which of these keys to set. "
     "The\n"
     "first migration notes them in the database, for all nodes; from then on these are empty or\n"
     "the same.\n"
     "The table of organizations. Empty: public.organizations, which is made where it is missing."},
    {"database.legacy.organization_id", column, legacy_at<&names::organization_id>,
     "Its column of ids. Empty: organization_id, or else the primary key."},
    {"database.legacy.organization_name", column, legacy_at<&names::organization_name>,
     "Its column of names. Empty: name. It is added where it is missing."},
    {"database.legacy.api_keys", column, legacy_at<&names::api_keys>,
     "Its column of API keys, jsonb. Empty: api_keys, or else the one that is called like it. It "
     "is\n"
     "added where it is missing."},
    {"database.legacy.organization_status", column, legacy_at<&names::organization_status>,
     "Its column that says \"active\". Empty: status. It is added where it is missing."},
    {"database.legacy.devices", table, legacy_at<&names::devices>,
     "The table of devices. Empty: public.device_credentials, which is made where it is missing."},
    {"database.legacy.device_id", column, legacy_at<&names::device_id>,
     "Its column of ids. Empty: device_id, or else the primary key."},
    {"database.legacy.device_secret", column, legacy_at<&names::device_secret>,
     "Its column of secrets. Empty: device_secret, or else the one that is called like it: "
     "secret,\n"
     "secret_hash."},
    {"database.legacy.device_organization_id", column, legacy_at<&names::device_organization_id>,
     "Its column of organizations' ids. Empty: organization_id, or else org_id, or else the "
     "foreign\n"
     "key to the organizations."},
    {"database.legacy.device_status", column, legacy_at<&names::device_status>,
     "Its column that says \"active\". Empty: status. It is added where it is missing."},
    {"database.legacy.device_name", column, legacy_at<&names::device_name>,
     "Its column of names. Empty: name. It is added where it is missing."},
};

} // namespace

std::span<const setting> legacy_section() {
    return rows;
}

} // namespace latchkey::server::settings
