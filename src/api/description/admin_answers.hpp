#pragma once
// What the admin listener answers.

#include "api/admin/list_parameters.hpp"
#include "api/description/member.hpp"
#include "api/description/public_answers.hpp"

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/auth/token/signing_key.hpp>

#include <array>

namespace latchkey::api::description {

namespace words {

inline constexpr std::array<std::string_view, 2> origins = {"latchkey", "organization_array"};
inline constexpr std::array<std::string_view, 4> secret_forms = {"sha256", "scrypt", "legacy",
                                                                 "none"};
inline constexpr std::array<std::string_view, 2> durabilities = {"replicated", "local"};
inline constexpr std::array<std::string_view, 3> import_outcomes = {"created", "exists", "skipped"};
inline constexpr std::array<std::string_view, 2> severities = {"warning", "error"};
inline constexpr std::array<std::string_view, 2> source_kinds = {"api_key", "device"};
inline constexpr std::array<std::string_view, 4> caller_kinds = {"socket", "listener",
                                                                 "certificate", "api_key"};

} // namespace words

inline constexpr member next_cursor =
    text("next_cursor").or_null().says("to ask for the next page with; null at the end");

// --- What a change adds, and ?wait=all. ---
inline constexpr member told_of_change[] = {
    text("receipt").or_null().at_times().says(
        "to pass on in X-Latchkey-Receipt: whoever shows it is not answered from before the "
        "change"),
    list("acknowledged", "Node").at_times().says("with wait=all: who obeys the change"),
    list("missing", "MissingNode").at_times().says("with wait=all: live nodes that may not yet"),
    boolean("complete").at_times().says("with wait=all: all live nodes obey the change"),
    text("durability").among(words::durabilities).at_times().says("with wait=all")};
inline constexpr member node[] = {text("node"), text("instance_id")};
inline constexpr member missing_node[] = {
    text("node"), text("instance_id"),
    time("fences_at").says("from then on it answers nothing that it knew before")};

inline constexpr member previous_secret[] = {time("until"), time("last_used_at").or_null()};
inline constexpr member limit_rule[] = {integer("quantity"), integer("window").says("seconds"),
                                        integer("burst"),
                                        text("scope").among(words::fleet).at_times()};

// --- Credits ---
namespace words {
inline constexpr std::array<std::string_view, 2> holders = {"key", "owner"};
}
inline constexpr member refill_rule[] = {integer("amount"), integer("every").says("seconds")};
inline constexpr member credits[] = {
    text("kind").among(words::holders).says("whose they are"),
    integer("remaining").says("not known to be spent"),
    integer("leased").says("the part of it that nodes hold now"),
    integer("unaccounted").says("what lost nodes held: it counts as spent"),
    integer("spent"),
    one("refill", "RefillRule").or_null(),
    time("refills_at").or_null()};
inline constexpr member account[] = {text("key_id").or_null(), text("organization_id").or_null(),
                                     text("external_id").or_null()};
inline constexpr member changed_account[] = {
    credits[0],        credits[1],        credits[2],        credits[3],
    credits[4],        credits[5],        credits[6],        told_of_change[0],
    told_of_change[1], told_of_change[2], told_of_change[3], told_of_change[4]};
inline constexpr member account_list[] = {list("credit_accounts", "CreditAccount"), next_cursor};

// --- Usage ---
inline constexpr member usage_row[] = {text("day").or_null(),
                                       text("organization_id").or_null(),
                                       text("key_id").or_null(),
                                       text("external_id").or_null(),
                                       integer("valid").says("VALID answers"),
                                       integer("cost").says("the sum of their costs"),
                                       integer("credits").says("what was spent of credits")};
inline constexpr member usage_list[] = {
    list("usage", "UsageRow"), boolean("counted").says("false: use.enabled is false on this node"),
    next_cursor};

// --- Organizations ---
inline constexpr member organization[] = {
    text("organization_id"), text("name").or_null(),
    text("status").says("\"active\", or another word that the older service wrote"),
    boolean("enabled"), time("created_at").or_null()};
inline constexpr member organization_list[] = {list("organizations", "Organization"), next_cursor};

// --- API keys ---
inline constexpr member api_key[] = {
    text("key_id"),
    text("hint").or_null().says("the beginning of the key"),
    text("organization_id"),
    text("name").or_null(),
    text("external_id").or_null(),
    texts("scopes"),
    texts("roles").says("names; their scopes are not among `scopes`"),
    object("metadata"),
    texts("allowed_ips"),
    boolean("enabled"),
    text("state").among(lists::key_states),
    time("expires_at").or_null(),
    time("revoked_at").or_null(),
    text("reason").or_null(),
    one("rate_limit", "LimitRule").or_null(),
    one("credits", "Credits").or_null().says("what it spends from"),
    integer("generation").says("how often it was narrowed"),
    one("previous", "PreviousSecret").or_null().says("while the replaced secret is good"),
    text("origin").among(words::origins),
    time("created_at"),
    time("last_used_at").or_null(),
    integer("uses")};
inline constexpr member made_api_key[] = {
    text("api_key").at_times().says("the key, shown once; not in a repeated answer")};
inline constexpr member rotated_api_key[] = {
    text("api_key").at_times().says("the new secret, shown once; not after `finish`"),
    told_of_change[0],
    told_of_change[1],
    told_of_change[2],
    told_of_change[3],
    told_of_change[4]};
inline constexpr member api_key_list[] = {list("api_keys", "ApiKey"), next_cursor};
inline constexpr member revoked_api_key[] = {text("key_id"), text("organization_id"),
                                             time("revoked_at"), text("reason").or_null()};
inline constexpr member exported_api_key[] = {text("key_hash").says("SHA-256, in hexadecimal"),
                                              text("key_id"),
                                              text("hint").or_null(),
                                              text("organization_id"),
                                              text("name").or_null(),
                                              text("external_id").or_null(),
                                              texts("scopes"),
                                              object("metadata"),
                                              texts("allowed_ips"),
                                              boolean("enabled"),
                                              time("expires_at").or_null(),
                                              time("revoked_at").or_null(),
                                              text("reason").or_null(),
                                              one("rate_limit", "LimitRule").or_null(),
                                              time("created_at").or_null()};
inline constexpr member export_page[] = {list("api_keys", "ExportedApiKey"), next_cursor};
inline constexpr member import_result[] = {text("outcome").among(words::import_outcomes),
                                           text("key_id").or_null(), text("why").or_null(),
                                           texts("stripped_scopes")};
inline constexpr member key_import[] = {
    boolean("dry_run"), integer("created"), integer("exists"), integer("skipped"),
    list("results", "ImportResult").says("in the order of `keys`")};
inline constexpr member stripped_key[] = {text("key_id"), texts("scopes")};
inline constexpr member adoption[] = {boolean("dry_run"), integer("adopted"),
                                      integer("busy").says("keys that a writer had"),
                                      list("stripped", "StrippedKey"), next_cursor};

// --- Devices ---
inline constexpr member device[] = {
    text("device_id"),
    text("organization_id"),
    text("name").or_null(),
    texts("scopes"),
    texts("roles").says("names; their scopes are not among `scopes`"),
    object("metadata"),
    boolean("enabled"),
    text("state").among(lists::device_states),
    text("status").says("\"active\", or another word that the older service wrote"),
    text("secret_form").among(words::secret_forms),
    integer("generation").says("how often it was narrowed"),
    one("previous", "PreviousSecret").or_null().says("while the replaced secret is good"),
    time("previous_until").or_null(),
    time("revoked_at").or_null(),
    text("reason").or_null(),
    time("created_at").or_null(),
    time("last_used_at").or_null(),
    integer("uses")};
inline constexpr member made_device[] = {
    text("device_secret")
        .or_null()
        .at_times()
        .says("shown once; null if the request had one; not in a repeated answer")};
inline constexpr member rotated_device[] = {
    text("device_secret").at_times().says("shown once; not after `finish`"),
    told_of_change[0],
    told_of_change[1],
    told_of_change[2],
    told_of_change[3],
    told_of_change[4]};
inline constexpr member device_list[] = {list("devices", "Device"), next_cursor};
inline constexpr member refused_device[] = {integer("index"), text("why")};
inline constexpr member device_import[] = {integer("imported"), list("refused", "RefusedDevice")};
inline constexpr member exported_device[] = {
    text("device_id"),
    text("organization_id"),
    text("device_secret").says("its stored form"),
    text("name").or_null(),
    texts("scopes"),
    object("metadata"),
    boolean("enabled"),
    text("previous_secret")
        .at_times()
        .says("the stored form of the replaced one, while it is good"),
    time("previous_until").at_times(),
    time("revoked_at").at_times(),
    text("reason").or_null().at_times()};
inline constexpr member skipped_device[] = {text("device_id"), text("why")};
inline constexpr member device_export[] = {list("devices", "ExportedDevice"),
                                           list("skipped", "SkippedDevice"), next_cursor};
inline constexpr member rehashed_page[] = {integer("rehashed"), integer("unusable"),
                                           integer("changed"), next_cursor};
inline constexpr member rehash_forecast[] = {
    yes("dry_run"),          text("legacy_device_secret").among(auth::legacy_device_secret_names),
    integer("hex_64"),       integer("like_hex_64"),
    integer("other"),        integer("as_sha256"),
    integer("as_plaintext"), integer("unusable")};
inline constexpr std::array<std::string_view, 2> rehash = {"RehashedPage", "RehashForecast"};

// --- Roles ---
inline constexpr member role[] = {text("role_id"),
                                  text("organization_id"),
                                  text("name"),
                                  texts("scopes"),
                                  integer("keys").says("that it is granted to"),
                                  integer("devices").says("that it is granted to"),
                                  time("created_at")};
inline constexpr member role_list[] = {list("roles", "Role"), next_cursor};
inline constexpr member role_grant[] = {text("role_id"),
                                        text("organization_id"),
                                        text("name").says("of the role"),
                                        text("key_id").or_null(),
                                        text("device_id").or_null(),
                                        boolean("changed").says("false: it was so before")};
inline constexpr member granted_holder[] = {text("key_id").or_null(), text("device_id").or_null(),
                                            time("granted_at")};
inline constexpr member role_grant_list[] = {list("grants", "GrantedHolder"), next_cursor};

// --- Tokens ---
inline constexpr member revocation[] = {
    text("revocation_id"),
    text("kind").among(auth::revocation_kinds),
    text("issuer").or_null(),
    text("value"),
    text("credential_kind").among(words::source_kinds).or_null(),
    time("issued_before").or_null(),
    time("expires_at").or_null(),
    text("reason").or_null(),
    time("created_at")};
inline constexpr member revocation_list[] = {list("revocations", "Revocation"), next_cursor};
inline constexpr member signing_key[] = {text("key_id"),
                                         text("state").among(auth::signing_key_states),
                                         text("algorithm"),
                                         time("created_at"),
                                         time("activates_at").or_null(),
                                         time("activated_at").or_null(),
                                         time("retired_at").or_null(),
                                         text("kek_id").or_null()};
inline constexpr member signing_key_list[] = {list("signing_keys", "SigningKey")};

// --- The process ---
inline constexpr member audit_event[] = {text("event_id"),
                                         time("at"),
                                         object("actor"),
                                         text("action"),
                                         text("object_kind"),
                                         text("object_id").or_null(),
                                         text("organization_id").or_null(),
                                         text("request_id").or_null(),
                                         object("before").or_null(),
                                         object("after").or_null()};
inline constexpr member audit_event_list[] = {
    list("audit_events", "AuditEvent"), next_cursor,
    boolean("more").says("this page is not the last one, even if it is empty")};
inline constexpr member node_entry[] = {
    text("instance_id"),  text("node"),
    text("version"),      time("started_at"),
    time("heartbeat_at"), number("max_staleness").says("seconds"),
    boolean("live"),      number("lag_seconds").or_null()};
inline constexpr member node_list[] = {list("nodes", "NodeEntry")};
inline constexpr member changed_setting[] = {text("key"), text("from").or_null(),
                                             text("to").or_null()};
inline constexpr member reload_report[] = {list("changed", "ChangedSetting"),
                                           list("needs_restart", "ChangedSetting"),
                                           boolean("recorded").says("the audit trail has it")};
inline constexpr member refreshed_issuer[] = {
    text("issuer"), boolean("fetched").says("an answer came that can be used"),
    integer("keys").says("in use now, from the issuer"),
    text("reason").or_null().says("why nothing new is in use")};
inline constexpr member issuer_refresh[] = {list("issuers", "RefreshedIssuer")};
inline constexpr member finding[] = {text("name"), text("severity").among(words::severities),
                                     text("message"), text("mend")};
inline constexpr member finding_list[] = {time("checked_at").or_null(),
                                          list("findings", "Finding")};
inline constexpr member caller[] = {text("kind").among(words::caller_kinds), text("name").or_null(),
                                    text("key_id").or_null(), text("organization_id").or_null(),
                                    texts("scopes")};
inline constexpr member status_check[] = {text("status").among(words::checks),
                                          text("code").at_times(),
                                          text("detail").at_times(),
                                          text("mend").at_times().says("what to do about it"),
                                          time("since").at_times(),
                                          integer("count").at_times()};
inline constexpr member status[] = {text("version"),
                                    text("node"),
                                    integer("pid"),
                                    time("started_at"),
                                    integer("uptime_seconds"),
                                    boolean("ready"),
                                    text("reason").at_times().says("why it is not ready"),
                                    boolean("draining"),
                                    map("checks", "StatusCheck"),
                                    integer("workers"),
                                    integer("connections"),
                                    integer("resident_bytes"),
                                    object("mirror"),
                                    object("database"),
                                    object("feed"),
                                    texts("warnings"),
                                    texts("findings")};

inline constexpr std::array<schema, 59> admin_schemas = {{
    {.name = "RefillRule", .members = refill_rule},
    {.name = "Credits", .members = credits},
    {.name = "CreditAccount", .members = account, .more = credits},
    {.name = "ChangedCreditAccount", .members = account, .more = changed_account},
    {.name = "CreditAccountList", .members = account_list},
    {.name = "UsageRow", .members = usage_row},
    {.name = "UsageList", .members = usage_list},
    {.name = "Node", .members = node},
    {.name = "MissingNode", .members = missing_node},
    {.name = "PreviousSecret", .members = previous_secret},
    {.name = "LimitRule", .members = limit_rule},
    {.name = "Organization", .members = organization},
    {.name = "ChangedOrganization", .members = organization, .more = told_of_change},
    {.name = "OrganizationList", .members = organization_list},
    {.name = "ApiKey", .members = api_key},
    {.name = "MadeApiKey", .members = api_key, .more = made_api_key},
    {.name = "ChangedApiKey", .members = api_key, .more = told_of_change},
    {.name = "RotatedApiKey", .members = api_key, .more = rotated_api_key},
    {.name = "RevokedApiKey", .members = revoked_api_key, .more = told_of_change},
    {.name = "ApiKeyList", .members = api_key_list},
    {.name = "ExportedApiKey", .members = exported_api_key},
    {.name = "ApiKeyExport", .members = export_page},
    {.name = "ImportResult", .members = import_result},
    {.name = "ApiKeyImport", .members = key_import},
    {.name = "StrippedKey", .members = stripped_key},
    {.name = "Adoption", .members = adoption},
    {.name = "Device", .members = device},
    {.name = "MadeDevice", .members = device, .more = made_device},
    {.name = "ChangedDevice", .members = device, .more = told_of_change},
    {.name = "RotatedDevice", .members = device, .more = rotated_device},
    {.name = "DeviceList", .members = device_list},
    {.name = "RefusedDevice", .members = refused_device},
    {.name = "DeviceImport", .members = device_import},
    {.name = "ExportedDevice", .members = exported_device},
    {.name = "SkippedDevice", .members = skipped_device},
    {.name = "DeviceExport", .members = device_export},
    {.name = "RehashedPage", .members = rehashed_page},
    {.name = "RehashForecast", .members = rehash_forecast},
    {.name = "Rehash", .one_of = rehash},
    {.name = "Role", .members = role},
    {.name = "ChangedRole", .members = role, .more = told_of_change},
    {.name = "RoleList", .members = role_list},
    {.name = "RoleGrant", .members = role_grant},
    {.name = "ChangedRoleGrant", .members = role_grant, .more = told_of_change},
    {.name = "GrantedHolder", .members = granted_holder},
    {.name = "RoleGrantList", .members = role_grant_list},
    {.name = "Revocation", .members = revocation},
    {.name = "ChangedRevocation", .members = revocation, .more = told_of_change},
    {.name = "RevocationList", .members = revocation_list},
    {.name = "SigningKey", .members = signing_key},
    {.name = "SigningKeyList", .members = signing_key_list},
    {.name = "RotatedSigningKeys", .members = signing_key_list, .more = told_of_change},
    {.name = "AuditEvent", .members = audit_event},
    {.name = "AuditEventList", .members = audit_event_list},
    {.name = "NodeEntry", .members = node_entry},
    {.name = "NodeList", .members = node_list},
    {.name = "Caller", .members = caller},
    {.name = "StatusCheck", .members = status_check},
    {.name = "Status", .members = status, .open = true},
}};
// What is left of an answer if its server ended before it could keep it, or if it was too long.
inline constexpr member kept_ids[] = {text("organization_id").at_times(), text("key_id").at_times(),
                                      text("device_id").at_times(), text("role_id").at_times(),
                                      text("revocation_id").at_times()};

inline constexpr std::array<schema, 7> process_admin_schemas = {{
    {.name = "KeptIds",
     .members = kept_ids,
     .more = told_of_change,
     .says = "all that a repeated request may be answered with (Idempotent-Replayed)"},
    {.name = "ChangedSetting", .members = changed_setting},
    {.name = "ReloadReport", .members = reload_report},
    {.name = "RefreshedIssuer", .members = refreshed_issuer},
    {.name = "IssuerRefresh", .members = issuer_refresh},
    {.name = "Finding", .members = finding},
    {.name = "FindingList", .members = finding_list},
}};

} // namespace latchkey::api::description
