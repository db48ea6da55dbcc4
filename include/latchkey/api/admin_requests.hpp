#pragma once
// The bodies of the admin endpoints' requests, which the commands write.

#include <latchkey/api/field_terms.hpp>
#include <latchkey/http/json_fields.hpp>

#include <array>
#include <string_view>

namespace latchkey::api::admin_requests {

using enum http::json_kind;

inline constexpr http::json_fields
    create_organization({{"name", text, true, &terms::name},
                         {"organization_id", text, false, &terms::new_organization_id}});

/// Of an organization: what a PATCH may name.
inline constexpr http::json_fields change_organization(
    {{"name", text, false, &terms::name}, {"enabled", boolean, false, &terms::enabled}});

inline constexpr http::json_fields rate_limit({{"quantity", integer, true, &terms::quantity},
                                               {"window", integer, true, &terms::window},
                                               {"burst", integer, false, &terms::burst},
                                               {"scope", text, false, &terms::rate_limit_scope}});
inline constexpr http::field_terms rate_limit_terms{.says = "a limit of the key's own",
                                                    .members = rate_limit};

inline constexpr http::json_fields refill({{"amount", integer, true, &terms::refill_amount},
                                           {"every", integer, true, &terms::refill_every}});
inline constexpr http::field_terms refill_terms{.says = "without it, nothing is refilled",
                                                .members = refill};
inline constexpr http::json_fields
    given_credits({{"remaining", integer, true, &terms::remaining_credits},
                   {"refill", object, false, &refill_terms}});
inline constexpr http::field_terms given_credits_terms{
    .says = "what its uses may cost; without it, they cost nothing", .members = given_credits};
/// Of a key's or an owner's credits: what is not named stays.
inline constexpr http::json_fields
    set_credits({{"remaining", integer, false, &terms::remaining_credits},
                 {"refill", object, false, &refill_terms}});
inline constexpr std::array<std::string_view, 1> clearable_of_credits = {"refill"};
inline constexpr http::json_fields add_credits({{"amount", integer, true, &terms::added_credits}});

inline constexpr http::json_fields
    create_api_key({{"organization_id", text, true, &terms::organization_id},
                    {"name", text, true, &terms::name},
                    {"scopes", texts, false, &terms::scopes},
                    {"roles", texts, false, &terms::roles},
                    {"expires_in", integer, false, &terms::expires_in},
                    {"external_id", text, false, &terms::external_id},
                    {"metadata", object, false, &terms::metadata},
                    {"allowed_ips", texts, false, &terms::allowed_ips},
                    {"env", text, false, &terms::env},
                    {"rate_limit", object, false, &rate_limit_terms},
                    {"credits", object, false, &given_credits_terms}});
inline constexpr http::json_fields
    change_api_key({{"name", text, false, &terms::name},
                    {"external_id", text, false, &terms::external_id},
                    {"scopes", texts, false, &terms::scopes},
                    {"metadata", object, false, &terms::metadata},
                    {"allowed_ips", texts, false, &terms::allowed_ips},
                    {"enabled", boolean, false, &terms::enabled},
                    {"expires_at", text, false, &terms::expires_at},
                    {"expires_in", integer, false, &terms::expires_in},
                    {"rate_limit", object, false, &rate_limit_terms}});
/// What null clears in a PATCH.
inline constexpr std::array<std::string_view, 5> clearable_of_api_key = {
    "external_id", "metadata", "allowed_ips", "expires_at", "rate_limit"};

inline constexpr http::json_fields
    import_api_keys({{"keys", objects, true, &terms::imported_keys},
                     {"format", text, false, &terms::import_format},
                     {"organization_id", text, false, &terms::imported_organization},
                     {"dry_run", boolean, false, &terms::dry_run}});
inline constexpr http::json_fields
    adopt_api_keys({{"organization_id", text, false, &terms::organization_id},
                    {"dry_run", boolean, false, &terms::dry_run},
                    {"limit", integer, false, &terms::page_limit},
                    {"cursor", text, false, &terms::cursor}});

/// Of an API key or a device.
inline constexpr http::json_fields rotate({{"overlap", integer, false, &terms::overlap},
                                           {"finish", boolean, false, &terms::finish}});
/// Of an API key or a device.
inline constexpr http::json_fields revoke({{"reason", text, false, &terms::reason}});

inline constexpr http::json_fields
    register_device({{"organization_id", text, true, &terms::organization_id},
                     {"name", text, true, &terms::name},
                     {"device_id", text, false, &terms::new_device_id},
                     {"scopes", texts, false, &terms::scopes},
                     {"metadata", object, false, &terms::metadata},
                     {"device_secret", text, false, &terms::new_device_secret}});
inline constexpr http::json_fields change_device({{"name", text, false, &terms::name},
                                                  {"scopes", texts, false, &terms::scopes},
                                                  {"metadata", object, false, &terms::metadata},
                                                  {"enabled", boolean, false, &terms::enabled}});
inline constexpr std::array<std::string_view, 1> clearable_of_device = {"metadata"};
inline constexpr const auto& rotate_device = rotate;

inline constexpr http::json_fields
    imported_device({{"device_id", text, true, &terms::device_id},
                     {"organization_id", text, true, &terms::organization_id},
                     {"device_secret", text, true, &terms::stored_secret},
                     {"name", text, false, &terms::name},
                     {"scopes", texts, false, &terms::scopes},
                     {"metadata", object, false, &terms::metadata},
                     {"previous_secret", text, false, &terms::previous_secret},
                     {"previous_until", text, false, &terms::previous_until},
                     {"enabled", boolean, false, &terms::enabled},
                     {"revoked_at", text, false, &terms::revoked_at},
                     {"reason", text, false, &terms::reason}});
inline constexpr http::field_terms imported_devices_terms{
    .says = "those that cannot be read are refused, each on its own",
    .members = imported_device,
    .items_max = terms::import_max};
inline constexpr http::json_fields
    import_devices({{"devices", objects, true, &imported_devices_terms}});
inline constexpr http::json_fields rehash_devices({{"limit", integer, false, &terms::rehash_limit},
                                                   {"cursor", text, false, &terms::cursor},
                                                   {"generated", boolean, false, &terms::generated},
                                                   {"dry_run", boolean, false, &terms::dry_run}});

inline constexpr http::json_fields
    revoke_tokens({{"issuer", text, false, &terms::issuer},
                   {"token_id", text, false, &terms::token_id},
                   {"subject", text, false, &terms::subject},
                   {"organization_id", text, false, &terms::revoked_organization},
                   {"issued_before", text, false, &terms::issued_before},
                   {"expires_at", text, false, &terms::token_end},
                   {"reason", text, false, &terms::reason},
                   {"force", boolean, false, &terms::force}});

inline constexpr http::json_fields
    create_role({{"organization_id", text, true, &terms::organization_id},
                 {"name", text, true, &terms::role_name},
                 {"scopes", texts, false, &terms::role_scopes}});
inline constexpr http::json_fields change_role({{"name", text, false, &terms::role_name},
                                                {"scopes", texts, false, &terms::role_scopes}});
inline constexpr std::array<std::string_view, 1> clearable_of_role = {"scopes"};
/// Grants a role, or takes it: one of them.
inline constexpr http::json_fields
    role_holder({{"key_id", text, false, &terms::holding_key},
                 {"device_id", text, false, &terms::holding_device}});

inline constexpr http::json_fields
    refresh_issuers({{"issuer", text, false, &terms::refreshed_issuer}});

inline constexpr http::json_fields rotate_signing_keys({{"now", boolean, false, &terms::now}});

} // namespace latchkey::api::admin_requests
