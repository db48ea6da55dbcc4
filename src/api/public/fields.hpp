#pragma once
// The fields of requests about one credential of each kind. A batch's items have the same fields.

#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/http/json_fields.hpp>

#include <optional>

namespace latchkey::api {

inline constexpr http::json_fields api_key_fields({{"api_key", http::json_kind::text, true},
                                                   {"scopes", http::json_kind::texts},
                                                   {"ip", http::json_kind::text},
                                                   {"cost", http::json_kind::integer}});

// The token may also come in Authorization.
inline constexpr http::json_fields token_fields({{"token", http::json_kind::text},
                                                 {"audience", http::json_kind::text},
                                                 {"scopes", http::json_kind::texts}});

inline constexpr http::json_fields device_fields({{"device_id", http::json_kind::text, true},
                                                  {"device_secret", http::json_kind::text, true},
                                                  {"scopes", http::json_kind::texts},
                                                  {"issue_token", http::json_kind::boolean}});

// Reads what is asked about an API key. Returns nullopt if all is well.
std::optional<http::refusal> read_key_terms(const http::json_value& scopes,
                                            const http::json_value& ip,
                                            const http::json_value& cost,
                                            auth::api_key_request& out);

} // namespace latchkey::api
