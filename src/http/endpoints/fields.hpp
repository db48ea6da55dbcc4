#pragma once
// What is asked about one credential of each kind: the fields of the requests, which are also those
// of a batch's items.

#include <latchkey/auth/judge.hpp>
#include <latchkey/http/json_body.hpp>

#include <array>
#include <optional>

namespace latchkey::http {

inline constexpr std::array<json_field, 4> api_key_fields = {{{"api_key", json_kind::text, true},
                                                              {"scopes", json_kind::texts},
                                                              {"ip", json_kind::text},
                                                              {"cost", json_kind::integer}}};

// The token may also come in Authorization.
inline constexpr std::array<json_field, 3> token_fields = {
    {{"token", json_kind::text}, {"audience", json_kind::text}, {"scopes", json_kind::texts}}};

inline constexpr std::array<json_field, 4> device_fields = {
    {{"device_id", json_kind::text, true},
     {"device_secret", json_kind::text, true},
     {"scopes", json_kind::texts},
     {"issue_token", json_kind::boolean}}};

// What is asked of a key. Nothing, when all is well.
std::optional<refusal> read_key_terms(const json_value& scopes, const json_value& ip,
                                      const json_value& cost, auth::api_key_request& out);

} // namespace latchkey::http
