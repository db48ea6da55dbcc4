#include "server/cli/pages.hpp"

namespace latchkey::server {

namespace {

constexpr column organization_columns[] = {
    {"organization_id", true}, {"name", true}, {"status", true}, {"enabled"}, {"created_at", true}};

constexpr column api_key_columns[] = {{"key_id", true}, {"hint", true},  {"organization_id", true},
                                      {"name", true},   {"external_id"}, {"scopes", true},
                                      {"roles"},        {"metadata"},    {"allowed_ips"},
                                      {"enabled"},      {"state", true}, {"expires_at", true},
                                      {"revoked_at"},   {"reason"},      {"rate_limit"},
                                      {"credits"},      {"generation"},  {"previous"},
                                      {"origin"},       {"created_at"},  {"last_used_at", true},
                                      {"uses"}};
constexpr column credit_account_columns[] = {
    {"kind", true},      {"key_id", true}, {"organization_id", true}, {"external_id", true},
    {"remaining", true}, {"leased", true}, {"unaccounted", true},     {"spent", true},
    {"refill", true},    {"refills_at"}};

constexpr column usage_columns[] = {{"day", true},    {"organization_id", true},
                                    {"key_id", true}, {"external_id", true},
                                    {"valid", true},  {"cost", true},
                                    {"credits", true}};

constexpr column device_columns[] = {{"device_id", true},
                                     {"organization_id", true},
                                     {"name", true},
                                     {"scopes", true},
                                     {"roles"},
                                     {"metadata"},
                                     {"enabled"},
                                     {"state", true},
                                     {"status"},
                                     {"secret_form"},
                                     {"generation"},
                                     {"previous_until", true},
                                     {"revoked_at"},
                                     {"reason"},
                                     {"created_at"},
                                     {"last_used_at", true},
                                     {"uses"}};

constexpr column role_columns[] = {
    {"role_id", true}, {"organization_id", true}, {"name", true}, {"scopes", true},
    {"keys", true},    {"devices", true},         {"created_at"}};

constexpr column role_grant_columns[] = {
    {"key_id", true}, {"device_id", true}, {"granted_at", true}};

constexpr column revocation_columns[] = {
    {"revocation_id", true}, {"kind", true},      {"issuer", true},
    {"value", true},         {"credential_kind"}, {"issued_before", true},
    {"expires_at", true},    {"reason", true},    {"created_at", true}};

constexpr column signing_key_columns[] = {
    {"key_id", true},       {"state", true},        {"algorithm", true},  {"created_at", true},
    {"activates_at", true}, {"activated_at", true}, {"retired_at", true}, {"kek_id"}};

constexpr column node_columns[] = {
    {"instance_id"},        {"node", true}, {"version", true},       {"started_at", true},
    {"heartbeat_at", true}, {"live", true}, {"max_staleness", true}, {"lag_seconds", true}};

constexpr column refreshed_issuer_columns[] = {
    {"issuer", true}, {"fetched", true}, {"keys", true}, {"reason", true}};

constexpr column audit_event_columns[] = {
    {"event_id"},        {"at", true},        {"actor", true}, {"action", true}, {"object_kind"},
    {"object_id", true}, {"organization_id"}, {"request_id"},  {"before"},       {"after"}};

} // namespace

const list_kind organizations_list = {"/admin/v1/organizations", "organizations", "organizations",
                                      "organization_id", organization_columns};
const list_kind api_keys_list = {"/admin/v1/api-keys", "api_keys", "keys", "key_id",
                                 api_key_columns};
const list_kind credit_accounts_list = {"/admin/v1/credit-accounts", "credit_accounts", "credits",
                                        "key_id", credit_account_columns};
const list_kind usage_rows_list = {"/admin/v1/usage", "usage", "uses in that time", "key_id",
                                   usage_columns};
const list_kind devices_list = {"/admin/v1/devices", "devices", "devices", "device_id",
                                device_columns};
const list_kind roles_list = {"/admin/v1/roles", "roles", "roles", "role_id", role_columns};
const list_kind role_grants_list = {"/admin/v1/roles/", "grants", "grants", "key_id",
                                    role_grant_columns};
const list_kind revocations_list = {"/admin/v1/revocations", "revocations", "revocations",
                                    "revocation_id", revocation_columns};
const list_kind signing_keys_list = {
    "/admin/v1/signing-keys", "signing_keys", "signing keys", "key_id", signing_key_columns, false};
const list_kind nodes_list = {"/admin/v1/nodes", "nodes",      "nodes",
                              "instance_id",     node_columns, false};
const list_kind refreshed_issuers_list = {
    "/admin/v1/issuers/refresh", "issuers", "issuers", "issuer", refreshed_issuer_columns, false};
const list_kind audit_events_list = {"/admin/v1/audit-events",
                                     "audit_events",
                                     "audit events",
                                     "event_id",
                                     audit_event_columns,
                                     true,
                                     true};

} // namespace latchkey::server
