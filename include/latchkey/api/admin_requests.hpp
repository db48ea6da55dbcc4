#pragma once
// The bodies of the admin endpoints' requests, which the commands write.

#include <latchkey/http/json_fields.hpp>

namespace latchkey::api::admin_requests {

using enum http::json_kind;

inline constexpr http::json_fields create_organization({{"name", text, true},
                                                        {"organization_id", text}});

/// Of an organization: what a PATCH may name.
inline constexpr http::json_fields change_organization({{"name", text}, {"enabled", boolean}});

inline constexpr http::json_fields create_api_key({{"organization_id", text, true},
                                                   {"name", text, true},
                                                   {"scopes", texts},
                                                   {"expires_in", integer},
                                                   {"external_id", text},
                                                   {"metadata", object},
                                                   {"allowed_ips", texts},
                                                   {"env", text},
                                                   {"rate_limit", object}});
inline constexpr http::json_fields change_api_key({{"name", text},
                                                   {"external_id", text},
                                                   {"scopes", texts},
                                                   {"metadata", object},
                                                   {"allowed_ips", texts},
                                                   {"enabled", boolean},
                                                   {"expires_at", text},
                                                   {"expires_in", integer},
                                                   {"rate_limit", object}});
inline constexpr http::json_fields
    rate_limit({{"quantity", integer, true}, {"window", integer, true}, {"burst", integer}});

inline constexpr http::json_fields import_api_keys(
    {{"keys", objects, true}, {"format", text}, {"organization_id", text}, {"dry_run", boolean}});
inline constexpr http::json_fields adopt_api_keys(
    {{"organization_id", text}, {"dry_run", boolean}, {"limit", integer}, {"cursor", text}});

/// Of an API key or a device.
inline constexpr http::json_fields rotate({{"overlap", integer}, {"finish", boolean}});
/// Of an API key or a device.
inline constexpr http::json_fields revoke({{"reason", text}});

inline constexpr http::json_fields register_device({{"organization_id", text, true},
                                                    {"name", text, true},
                                                    {"device_id", text},
                                                    {"scopes", texts},
                                                    {"metadata", object},
                                                    {"device_secret", text}});
inline constexpr http::json_fields
    change_device({{"name", text}, {"scopes", texts}, {"metadata", object}, {"enabled", boolean}});
inline constexpr const auto& rotate_device = rotate;
inline constexpr http::json_fields import_devices({{"devices", objects, true}});
inline constexpr http::json_fields imported_device({{"device_id", text, true},
                                                    {"organization_id", text, true},
                                                    {"device_secret", text, true},
                                                    {"name", text},
                                                    {"scopes", texts},
                                                    {"metadata", object},
                                                    {"previous_secret", text},
                                                    {"previous_until", text},
                                                    {"enabled", boolean},
                                                    {"revoked_at", text},
                                                    {"reason", text}});
inline constexpr http::json_fields rehash_devices(
    {{"limit", integer}, {"cursor", text}, {"generated", boolean}, {"dry_run", boolean}});

inline constexpr http::json_fields revoke_tokens({{"issuer", text},
                                                  {"token_id", text},
                                                  {"subject", text},
                                                  {"organization_id", text},
                                                  {"issued_before", text},
                                                  {"expires_at", text},
                                                  {"reason", text},
                                                  {"force", boolean}});

inline constexpr http::json_fields rotate_signing_keys({{"now", boolean}});

} // namespace latchkey::api::admin_requests
