#include "api/caller_refusals.hpp"

#include "api/oauth/errors.hpp"

#include <latchkey/http/limit_fields.hpp>

#include <algorithm>
#include <string>

namespace latchkey::api {

void refuse_unknown_caller(http::exchange& ex, std::string_view detail) {
    ex.refuse(401, detail, "WWW-Authenticate: Latchkey-Key realm=\"latchkey\"\r\n");
}

void refuse_wrong_key(http::exchange& ex, bool by_client) {
    if (by_client) return oauth::refuse_client(ex);
    refuse_unknown_caller(ex, "the key in X-Latchkey-Key is not good here");
}

void refuse_limited_caller(http::exchange& ex, const auth::key_limit& limit, std::uint64_t cost) {
    const bool never = limit.said.retry_after == core::rate_decision::never;
    const auto wait = never ? limit.said.full_after : limit.said.retry_after;
    const auto seconds = std::to_string(std::max<std::uint64_t>(1, http::seconds_until(wait)));
    ex.limits.note("caller", limit.rule, limit.said);
    const auto detail =
        never ? "this costs " + std::to_string(cost) +
                    ", and the limit of the caller's key never allows more than " +
                    std::to_string(limit.rule.burst()) + " at once"
              : "the limit of the caller's key is reached: try again in " + seconds + " s";
    ex.refuse({429, detail, "Retry-After: " + seconds + "\r\n"});
}

} // namespace latchkey::api
