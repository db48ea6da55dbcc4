#pragma once
// What the public listener answers.

#include "api/description/member.hpp"

#include <latchkey/auth/verdict.hpp>

#include <algorithm>
#include <array>

namespace latchkey::api::description {

template <class... Verdict>
constexpr auto codes(Verdict... all) {
    return std::array<std::string_view, sizeof...(all)>{auth::code_of(all)...};
}

namespace words {

using enum auth::verdict;

inline constexpr std::array<std::string_view, 1> valid_code = {auth::code_of(valid)};
inline constexpr std::array<std::string_view, 1> revoked_code = {auth::code_of(revoked)};
inline constexpr std::array<std::string_view, 1> fleet = {"fleet"};
inline constexpr std::array<std::string_view, 1> bearer = {"Bearer"};
inline constexpr std::array<std::string_view, 1> undecided = {"UNAVAILABLE"};
inline constexpr auto of_keys =
    codes(invalid_format, not_found, revoked, disabled, expired, organization_disabled,
          ip_not_allowed, insufficient_scopes, rate_limited, usage_exceeded);
inline constexpr auto of_tokens =
    codes(invalid_format, issuer_mismatch, algorithm_not_allowed, unknown_key_id, signature_invalid,
          expired, not_yet_valid, revoked, organization_disabled, audience_mismatch,
          certificate_mismatch, insufficient_scopes, not_found);
inline constexpr auto of_devices = codes(invalid_format, invalid_credentials, revoked, disabled,
                                         organization_disabled, insufficient_scopes);
inline constexpr auto of_grants =
    codes(invalid_format, not_found, invalid_credentials, revoked, disabled, expired,
          organization_disabled, ip_not_allowed, insufficient_scopes, rate_limited, usage_exceeded);
inline constexpr auto not_ended =
    codes(not_found, invalid_format, expired, issuer_mismatch, algorithm_not_allowed,
          unknown_key_id, signature_invalid, not_yet_valid, organization_disabled);
// All but VALID, and UNAVAILABLE.
inline constexpr auto of_items = [] {
    auto out = auth::verdict_codes;
    out[0] = undecided[0];
    return out;
}();
inline constexpr std::array<std::string_view, 1> allow = {"allow"};
inline constexpr std::array<std::string_view, 1> deny = {"deny"};
inline constexpr std::array<std::string_view, 2> permissions = {"allow", "deny"};
inline constexpr std::array<std::string_view, 3> broker_actions = {"publish", "subscribe", "all"};
inline constexpr std::array<std::string_view, 2> broker_kinds = {"device", "api_key"};
inline constexpr std::array<std::string_view, 1> ok = {"ok"};
inline constexpr std::array<std::string_view, 1> ready = {"ready"};
inline constexpr std::array<std::string_view, 1> latchkey = {"latchkey"};
inline constexpr std::array<std::string_view, 2> healths = {"ok", "degraded"};
inline constexpr std::array<std::string_view, 2> checks = {"ok", "failing"};

} // namespace words

inline constexpr member limit_state[] = {integer("quantity"),
                                         integer("window").says("seconds"),
                                         integer("burst"),
                                         integer("remaining"),
                                         integer("reset").says("seconds until all of it is back"),
                                         text("scope").among(words::fleet).at_times()};
inline constexpr member limit = one("rate_limit", "LimitState").at_times();
inline constexpr member credits_state[] = {
    integer("remaining").says("about: what the node holds, and what was left at its last call")};

// Which of its reasons an INVALID_FORMAT had.
inline constexpr member detail =
    text("detail").at_times().says("why it is INVALID_FORMAT; only trusted callers are told");

inline constexpr member valid_key[] = {
    yes("valid"),
    text("code").among(words::valid_code),
    text("key_id"),
    text("organization_id"),
    text("name").or_null(),
    text("external_id").or_null(),
    texts("scopes"),
    object("metadata"),
    time("expires_at").or_null(),
    limit.says("if the key has a limit of its own"),
    one("credits", "RemainingCredits").at_times().says("if the key or its owner has credits")};
inline constexpr member invalid_key[] = {no("valid"), text("code").among(words::of_keys), detail,
                                         limit};
inline constexpr std::array<std::string_view, 2> key_verdict = {"ValidKey", "InvalidKey"};

inline constexpr member valid_token[] = {yes("valid"),
                                         text("code").among(words::valid_code),
                                         text("subject").or_null(),
                                         text("organization_id").or_null(),
                                         text("issuer"),
                                         texts("audience"),
                                         texts("scopes"),
                                         text("token_id").or_null(),
                                         time("issued_at").or_null(),
                                         time("expires_at").or_null(),
                                         object("claims")};
inline constexpr member invalid_token[] = {no("valid"), text("code").among(words::of_tokens),
                                           detail};
inline constexpr std::array<std::string_view, 2> token_verdict = {"ValidToken", "InvalidToken"};

inline constexpr member valid_device[] = {yes("valid"),
                                          text("code").among(words::valid_code),
                                          text("device_id"),
                                          text("organization_id"),
                                          text("name").or_null(),
                                          texts("scopes"),
                                          object("metadata"),
                                          text("access_token").at_times().says("with issue_token"),
                                          text("token_type").among(words::bearer).at_times(),
                                          integer("expires_in").at_times().says("seconds")};
inline constexpr member invalid_device[] = {no("valid"), text("code").among(words::of_devices),
                                            detail};
inline constexpr std::array<std::string_view, 2> device_verdict = {"ValidDevice", "InvalidDevice"};

inline constexpr member granted_token[] = {yes("valid"),
                                           text("code").among(words::valid_code),
                                           text("access_token"),
                                           text("token_type").among(words::bearer),
                                           integer("expires_in").says("seconds"),
                                           texts("scopes")};
inline constexpr member refused_token[] = {no("valid"), text("code").among(words::of_grants),
                                           detail, limit};
inline constexpr std::array<std::string_view, 2> grant = {"GrantedToken", "RefusedToken"};

inline constexpr member receipt = text("receipt").at_times().says(
    "to pass on in X-Latchkey-Receipt: whoever shows it is not answered from before the change");

inline constexpr member ended[] = {yes("revoked"), text("code").among(words::revoked_code),
                                   receipt};
inline constexpr member revoked_token[] = {receipt};
inline constexpr member not_ended[] = {no("revoked"), text("code").among(words::not_ended)};
inline constexpr std::array<std::string_view, 2> ending = {"Ended", "NotEnded"};

inline constexpr member unmet_item[] = {no("valid"), text("code").among(words::of_items), detail,
                                        limit};
inline constexpr std::array<std::string_view, 4> item_verdict = {"ValidKey", "ValidToken",
                                                                 "ValidDevice", "UnmetItem"};
inline constexpr member batch_verdicts[] = {
    list("results", "ItemVerdict").says("in the order of the items"), integer("valid_count"),
    integer("invalid_count"), integer("undecided_count")};

inline constexpr member emqx_rule[] = {
    text("permission").among(words::permissions), text("action").among(words::broker_actions),
    text("topic").says("a topic filter; `eq ` before it: exactly this")};
inline constexpr member emqx_attributes[] = {text("kind").among(words::broker_kinds), text("id"),
                                             text("organization_id")};
inline constexpr member emqx_allowed[] = {
    text("result").among(words::allow), one("client_attrs", "EmqxAttributes"),
    integer("expire_at").at_times().says("of a key that ends: seconds since 1970"),
    list("acl", "EmqxRule").says("the first that matches decides; the last one denies all")};
inline constexpr member emqx_denied[] = {text("result").among(words::deny)};
inline constexpr std::array<std::string_view, 2> emqx_answer = {"EmqxAllowed", "EmqxDenied"};
inline constexpr member access_token[] = {
    text("access_token"), text("token_type").among(words::bearer),
    integer("expires_in").says("seconds"),
    text("issued_token_type").at_times().says("of an exchange: that of an access token"),
    text("scope").at_times().says("between spaces; not there if it has none")};

inline constexpr std::array<std::string_view, 2> kinds_of_active = {"api_key", "token"};
inline constexpr std::array<std::string_view, 2> token_types = {"Bearer", "DPoP"};
inline constexpr member thumbprint[] = {text("x5t#S256").at_times()};
inline constexpr member active_token[] = {
    yes("active"),
    text("scope").at_times().says("between spaces; not there if it has none"),
    text("client_id")
        .at_times()
        .says("of a key its id; of a token of ours its claim: the client that asked for it, or the "
              "issuer's URL if a gateway made it from another issuer's token"),
    text("sub").at_times(),
    text("subject_issuer")
        .at_times()
        .says("of a token of ours that was made from another issuer's: whose subject it is"),
    text("organization_id").at_times(),
    text("credential_kind").among(kinds_of_active),
    integer("exp").at_times(),
    texts("aud").at_times(),
    text("iss").at_times(),
    text("jti").at_times(),
    text("token_type").among(token_types).at_times().says("DPoP if the token's cnf has jkt"),
    integer("iat").at_times(),
    integer("nbf").at_times(),
    one("cnf", "Confirmation").at_times()};
inline constexpr member inactive_token[] = {no("active")};
inline constexpr std::array<std::string_view, 2> introspection = {"ActiveToken", "InactiveToken"};

inline constexpr member server_metadata[] = {
    text("issuer"),
    text("token_endpoint"),
    texts("token_endpoint_auth_methods_supported"),
    text("jwks_uri"),
    texts("grant_types_supported"),
    texts("response_types_supported").says("none: nobody is sent to a page to log in"),
    text("introspection_endpoint"),
    texts("introspection_endpoint_auth_methods_supported"),
    text("revocation_endpoint"),
    texts("revocation_endpoint_auth_methods_supported"),
    boolean("tls_client_certificate_bound_access_tokens"),
    texts("subject_types_supported"),
    texts("id_token_signing_alg_values_supported")
        .says("how tokens are signed; ID tokens are not issued")};
inline constexpr member resource_metadata[] = {text("resource"), texts("authorization_servers"),
                                               texts("bearer_methods_supported")};

inline constexpr member jwk[] = {text("kty"), text("kid"), text("alg"), text("use")};
inline constexpr member jwk_set[] = {list("keys", "Jwk")};

inline constexpr member liveness[] = {text("status").among(words::ok)};
inline constexpr member readiness[] = {text("status").among(words::ready)};
inline constexpr member health_check[] = {
    text("status").among(words::checks), text("code").at_times().says("while it fails"),
    time("since").at_times(), integer("count").at_times(), counts("counts").at_times()};
inline constexpr member health[] = {text("status").among(words::healths), text("version"),
                                    map("checks", "HealthCheck")};
inline constexpr member index_entry[] = {text("method"), text("path"), text("summary")};
inline constexpr member index[] = {text("service").among(words::latchkey), text("version"),
                                   list("endpoints", "IndexEntry")};
inline constexpr member description[] = {text("openapi"), object("info"), object("paths"),
                                         object("components")};

inline constexpr std::array<schema, 38> public_schemas = {{
    {.name = "RemainingCredits", .members = credits_state, .says = "after this answer"},
    {.name = "LimitState", .members = limit_state, .says = "a key's own limit, after this answer"},
    {.name = "ValidKey", .members = valid_key},
    {.name = "InvalidKey", .members = invalid_key},
    {.name = "KeyVerdict", .one_of = key_verdict},
    {.name = "ValidToken", .members = valid_token},
    {.name = "InvalidToken", .members = invalid_token},
    {.name = "TokenVerdict", .one_of = token_verdict},
    {.name = "ValidDevice", .members = valid_device},
    {.name = "InvalidDevice", .members = invalid_device},
    {.name = "DeviceVerdict", .one_of = device_verdict},
    {.name = "GrantedToken", .members = granted_token},
    {.name = "RefusedToken", .members = refused_token},
    {.name = "Grant", .one_of = grant},
    {.name = "Ended", .members = ended},
    {.name = "NotEnded", .members = not_ended},
    {.name = "RevokedToken", .members = revoked_token},
    {.name = "Ending", .one_of = ending},
    {.name = "UnmetItem", .members = unmet_item, .says = "UNAVAILABLE: undecided, ask again"},
    {.name = "ItemVerdict", .one_of = item_verdict},
    {.name = "BatchVerdicts", .members = batch_verdicts},
    {.name = "EmqxRule", .members = emqx_rule},
    {.name = "EmqxAttributes", .members = emqx_attributes},
    {.name = "EmqxAllowed", .members = emqx_allowed},
    {.name = "EmqxDenied", .members = emqx_denied},
    {.name = "EmqxAnswer", .one_of = emqx_answer},
    {.name = "AccessToken", .members = access_token, .says = "RFC 6749, section 5.1"},
    {.name = "Confirmation",
     .members = thumbprint,
     .open = true,
     .says = "RFC 8705, section 3.1; other members are as the issuer wrote them"},
    {.name = "ActiveToken", .members = active_token},
    {.name = "InactiveToken", .members = inactive_token},
    {.name = "Introspection", .one_of = introspection, .says = "RFC 7662"},
    {.name = "ServerMetadata", .members = server_metadata, .says = "RFC 8414"},
    {.name = "ResourceMetadata", .members = resource_metadata, .says = "RFC 9728"},
    {.name = "Jwk", .members = jwk, .open = true, .says = "RFC 7517, without private members"},
    {.name = "JwkSet", .members = jwk_set},
    {.name = "HealthCheck", .members = health_check},
    {.name = "Health", .members = health},
    {.name = "IndexEntry", .members = index_entry},
}};
inline constexpr std::array<schema, 4> process_schemas = {{
    {.name = "Liveness", .members = liveness},
    {.name = "Readiness", .members = readiness},
    {.name = "Index", .members = index},
    {.name = "Description", .members = description, .open = true, .says = "OpenAPI 3.1"},
}};

} // namespace latchkey::api::description
