#pragma once
// The answers of /forward-auth. None has a body: a gateway reads the status and the fields.

#include <latchkey/auth/verdict.hpp>
#include <latchkey/http/exchange.hpp>

#include <span>
#include <string>
#include <string_view>

namespace latchkey::api {

struct finding;

/// What upstreams learn of a good credential.
struct forwarded_holder {
    std::string_view kind; ///< "api_key", "token" or "device"
    std::string_view subject;
    std::string_view organization;
    std::string_view issuer; ///< of a token, whose issuer the subject belongs to
    std::span<const std::string> scopes;
};

/// Answers 200. `token` is for X-Latchkey-Token, which stays out if it is empty. `buffer` is for
/// the fields.
void allow(http::exchange&, std::string& buffer, const forwarded_holder&, const finding&,
           std::string_view token);

/// Answers 401 or 403 to a credential that is not good, with WWW-Authenticate by RFC 6750, section
/// 3. `scopes` are those that were demanded. `resource_metadata`: where a client finds whose tokens
/// count (RFC 9728, section 5.1); empty: nowhere.
void forbid(http::exchange&, std::string& buffer, auth::verdict,
            std::span<const std::string_view> scopes, std::string_view resource_metadata);

/// Answers 401: there is no credential, or not one. `error` is a code of RFC 6750, section 3.1; an
/// empty one stays out, as it does when nothing was presented.
void demand_credential(http::exchange&, std::string_view code, std::string_view error,
                       std::string_view resource_metadata);

} // namespace latchkey::api
