#include "api/oauth/errors.hpp"

#include <latchkey/http/limit_fields.hpp>
#include <latchkey/http/response.hpp>

#include <algorithm>
#include <cstdint>

namespace latchkey::api::oauth {

namespace {

constexpr std::string_view challenge = "WWW-Authenticate: Basic realm=\"latchkey\"\r\n";

} // namespace

void refuse(http::exchange& ex, const error& why) {
    std::string body;
    http::append_oauth_error(body, why.code, why.description);
    if (ex.reason.empty()) ex.reason = why.description;
    ex.answer(400, http::json_type, body, "Cache-Control: no-store\r\n");
}

void refuse_client(http::exchange& ex, std::string_view why) {
    ex.refuse(401, why, challenge);
}

void refuse_client(http::exchange& ex) {
    refuse_client(ex, "the client is not known, or its secret is wrong");
}

void refuse_client(http::exchange& ex, auth::verdict why) {
    switch (why) {
    case auth::verdict::insufficient_scopes:
        return refuse(ex, {"invalid_scope", "the client does not have all of these scopes"});
    case auth::verdict::revoked:
    case auth::verdict::disabled:
    case auth::verdict::expired:
    case auth::verdict::organization_disabled:
    case auth::verdict::ip_not_allowed:
    case auth::verdict::usage_exceeded:
        return refuse_client(ex, "the client is not good: " + std::string(auth::code_of(why)));
    default:
        return refuse_client(ex);
    }
}

void refuse_several_clients(http::exchange& ex) {
    refuse(ex, {"invalid_request", "send a client's id with its secret, and send them once: in "
                                   "Authorization: Basic or in the body"});
}

void refuse_misshapen_client(http::exchange& ex) {
    refuse_client(ex, "Authorization must be Basic, with a form-encoded id and secret");
}

void refuse_at_limit(http::exchange& ex, const auth::key_limit& limit) {
    const bool never = limit.said.retry_after == core::rate_decision::never;
    const auto wait = never ? limit.said.full_after : limit.said.retry_after;
    const auto seconds = std::max<std::uint64_t>(1, http::seconds_until(wait));
    ex.refuse({429, "the key's own limit is reached",
               "Retry-After: " + std::to_string(seconds) + "\r\n"});
}

bool refuse_query(http::exchange& ex) {
    if (ex.request.query.empty()) return false;
    refuse(ex, {"invalid_request", "send all parameters in the body, and nothing in a query"});
    return true;
}

} // namespace latchkey::api::oauth
