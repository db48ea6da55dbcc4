#pragma once
// The fields of OAuth's forms, and the words that they take.

#include <latchkey/http/json_fields.hpp>

#include <array>
#include <string_view>

namespace latchkey::api::oauth {

using http::field_terms;
using http::json_kind;

inline constexpr std::string_view client_credentials_grant = "client_credentials";
inline constexpr std::string_view exchange_grant =
    "urn:ietf:params:oauth:grant-type:token-exchange";
inline constexpr std::array<std::string_view, 2> grant_types = {client_credentials_grant,
                                                                exchange_grant};

// Types of tokens (RFC 8693, section 3); the first is our own.
inline constexpr std::string_view api_key_type = "urn:latchkey:params:oauth:token-type:api_key";
inline constexpr std::string_view access_token_type =
    "urn:ietf:params:oauth:token-type:access_token";
inline constexpr std::string_view jwt_type = "urn:ietf:params:oauth:token-type:jwt";
inline constexpr std::array<std::string_view, 3> subject_types = {api_key_type, access_token_type,
                                                                  jwt_type};
inline constexpr std::array<std::string_view, 2> issued_types = {access_token_type, jwt_type};

namespace terms {

inline constexpr std::size_t targets_max = 8; // more than one is refused anyway

inline constexpr field_terms grant_type{.says = "what is asked for", .words = grant_types};
inline constexpr field_terms client_id{
    .says = "the id of an API key or of a device, unless it is in Authorization: Basic"};
inline constexpr field_terms client_secret{
    .says = "the API key itself, or the device's secret, unless it is in Authorization: Basic",
    .format = "password"};
inline constexpr field_terms scope{
    .says = "scopes between spaces; without it, all that the credential has"};
inline constexpr field_terms resource{
    .says = "the URI of whoever the token is for (RFC 8707): its aud", .items_max = targets_max};
inline constexpr field_terms audience{
    .says = "whoever the token is for, by any name: its aud. If none is named, it is "
            "tokens.audience; of an exchange of a token of ours, that token's own",
    .items_max = targets_max};
inline constexpr field_terms subject_token{.says = "of an exchange: what is exchanged",
                                           .format = "password"};
inline constexpr field_terms subject_token_type{.says = "of an exchange: what subject_token is",
                                                .words = subject_types};
inline constexpr field_terms requested_token_type{
    .says = "of an exchange: access tokens are issued, which are JWTs", .words = issued_types};
inline constexpr field_terms actor_token{.says = "is refused: nobody acts for another",
                                         .format = "password"};
inline constexpr field_terms actor_token_type{.says = "is refused"};

inline constexpr field_terms token{.says = "an API key or a token", .format = "password"};
inline constexpr field_terms hint{
    .says = "a hint about its type. Types are told apart by their shape; an API key that has the "
            "shape of a token needs our own type here"};
inline constexpr field_terms wanted_audience{
    .says =
        "must be in a token's aud; without it, tokens of ours are active for any, and their aud "
        "is told"};
inline constexpr field_terms client_address{
    .says = "the end user's address, for API keys with an address list"};
inline constexpr field_terms certificate{
    .says = "x5t#S256 of the certificate that the token's holder has shown: a token that is bound "
            "to another is inactive (RFC 8705, section 3)"};

} // namespace terms

inline constexpr http::json_fields
    token_fields({{"grant_type", json_kind::text, true, &terms::grant_type},
                  {"client_id", json_kind::text, false, &terms::client_id},
                  {"client_secret", json_kind::text, false, &terms::client_secret},
                  {"scope", json_kind::text, false, &terms::scope},
                  {"resource", json_kind::texts, false, &terms::resource},
                  {"audience", json_kind::texts, false, &terms::audience},
                  {"subject_token", json_kind::text, false, &terms::subject_token},
                  {"subject_token_type", json_kind::text, false, &terms::subject_token_type},
                  {"requested_token_type", json_kind::text, false, &terms::requested_token_type},
                  {"actor_token", json_kind::text, false, &terms::actor_token},
                  {"actor_token_type", json_kind::text, false, &terms::actor_token_type}});

inline constexpr http::json_fields
    introspection_fields({{"token", json_kind::text, true, &terms::token},
                          {"token_type_hint", json_kind::text, false, &terms::hint},
                          {"client_id", json_kind::text, false, &terms::client_id},
                          {"client_secret", json_kind::text, false, &terms::client_secret},
                          {"audience", json_kind::text, false, &terms::wanted_audience},
                          {"ip", json_kind::text, false, &terms::client_address},
                          {"certificate_thumbprint", json_kind::text, false, &terms::certificate}});

inline constexpr http::json_fields
    revocation_fields({{"token", json_kind::text, true, &terms::token},
                       {"token_type_hint", json_kind::text, false, &terms::hint},
                       {"client_id", json_kind::text, false, &terms::client_id},
                       {"client_secret", json_kind::text, false, &terms::client_secret}});

} // namespace latchkey::api::oauth
