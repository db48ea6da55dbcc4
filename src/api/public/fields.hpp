#pragma once
// The fields of requests about one credential of each kind. A batch's items have the same fields.

#include <latchkey/api/field_terms.hpp>
#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/http/json_fields.hpp>

#include <array>
#include <optional>
#include <string_view>

namespace latchkey::api {

using http::json_kind;

inline constexpr http::json_fields
    api_key_fields({{"api_key", json_kind::text, true, &terms::api_key},
                    {"scopes", json_kind::texts, false, &terms::wanted_scopes},
                    {"permissions", json_kind::text, false, &terms::wanted_permissions},
                    {"ip", json_kind::text, false, &terms::client_address},
                    {"cost", json_kind::integer, false, &terms::cost}});

// The token may also come in Authorization.
inline constexpr http::json_fields token_fields(
    {{"token", json_kind::text, false, &terms::token},
     {"audience", json_kind::text, false, &terms::wanted_audience},
     {"scopes", json_kind::texts, false, &terms::wanted_scopes},
     {"permissions", json_kind::text, false, &terms::wanted_permissions},
     {"certificate_thumbprint", json_kind::text, false, &terms::certificate_thumbprint}});

inline constexpr http::json_fields
    device_fields({{"device_id", json_kind::text, true, &terms::device_id},
                   {"device_secret", json_kind::text, true, &terms::device_secret},
                   {"scopes", json_kind::texts, false, &terms::wanted_scopes},
                   {"permissions", json_kind::text, false, &terms::wanted_permissions},
                   {"issue_token", json_kind::boolean, false, &terms::issue_token}});

// Of generate-token: one credential, and what the token shall be.
inline constexpr http::json_fields
    grant_fields({{"api_key", json_kind::text, false, &terms::api_key},
                  {"device_id", json_kind::text, false, &terms::device_id},
                  {"device_secret", json_kind::text, false, &terms::device_secret},
                  {"audience", json_kind::text, false, &terms::token_audience},
                  {"scopes", json_kind::texts, false, &terms::narrowed_scopes},
                  {"expires_in", json_kind::integer, false, &terms::token_expires_in},
                  {"ip", json_kind::text, false, &terms::client_address}});

// Of revoke: one of them.
inline constexpr http::json_fields
    end_fields({{"api_key", json_kind::text, false, &terms::api_key},
                {"token", json_kind::text, false, &terms::ended_token}});

// Of EMQX's question, as its placeholders are named.
inline constexpr http::json_fields
    emqx_fields({{"username", json_kind::text, true, &terms::broker_username},
                 {"password", json_kind::text, true, &terms::broker_password},
                 {"clientid", json_kind::text, true, &terms::client_id},
                 {"peerhost", json_kind::text, false, &terms::peer_host}});

// A batch's body. The scanner reads it item by item.
inline constexpr std::array<std::string_view, 3> item_types = {"api_key", "token", "device"};
// Of all kinds together. What is another kind's may be there as null.
inline constexpr http::json_fields item_fields({{"type", json_kind::text, true},
                                                {"api_key", json_kind::text},
                                                {"token", json_kind::text},
                                                {"device_id", json_kind::text},
                                                {"device_secret", json_kind::text},
                                                {"scopes", json_kind::texts},
                                                {"permissions", json_kind::text},
                                                {"ip", json_kind::text},
                                                {"cost", json_kind::integer},
                                                {"audience", json_kind::text},
                                                {"certificate_thumbprint", json_kind::text},
                                                {"issue_token", json_kind::boolean}});
inline constexpr http::field_terms items_terms{
    .says = "at most server.batch_items_max; one that is malformed is INVALID_FORMAT on its own"};
inline constexpr http::json_fields
    batch_fields({{"items", json_kind::objects, true, &items_terms}});

// Reads what is asked about an API key. Returns nullopt if all is well.
std::optional<http::refusal> read_key_terms(const http::json_value& scopes,
                                            const http::json_value& ip,
                                            const http::json_value& cost,
                                            auth::api_key_request& out);

// Refuses an expression by what permission_expression::read has said.
http::refusal bad_permissions(std::string_view wrong);
// Reads the field `permissions` into `memory`, and points there if it is present. Returns nullopt
// if all is well.
std::optional<http::refusal> read_permissions(const http::json_value&,
                                              auth::permission_expression& memory,
                                              const auth::permission_expression*& out);

} // namespace latchkey::api
