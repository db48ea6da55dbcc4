#pragma once
// An API key as JSON, and its limit as a request states it, for the admin endpoints.

#include <latchkey/auth/api_key/create_api_key.hpp>
#include <latchkey/core/text/json_object.hpp>
#include <latchkey/http/json_body.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::api {

/// With `api_key` as the second member, if it is set.
core::json_value json_of(const auth::stored_api_key&,
                         std::optional<std::string_view> api_key = std::nullopt);

/// The member "rate_limit".
core::json_value json_of(const std::optional<core::rate_rule>&, bool is_fleet);

/// The member "credits" of a key.
core::json_value json_of(const std::optional<auth::credit_account>&);
/// An account by itself.
core::json_value account_json(const auth::credit_account&);
/// Reads the member "refill", and "credits" of a new key. Returns what is wrong with it, or
/// nullopt.
std::optional<http::refusal> read_refill(std::string_view text, auth::credit_refill& out);
std::optional<http::refusal> read_credits(std::string_view text, auth::given_credits& out);

/// Shared with devices.
core::json_value json_of(const std::optional<auth::previous_generation>&);

/// Reads the text of a field "rate_limit". Returns nullopt if all is well.
std::optional<http::refusal> read_limit(std::string_view text, auth::rate_limit_request& out);

} // namespace latchkey::api
