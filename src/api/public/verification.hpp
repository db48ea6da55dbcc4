#pragma once
// What the verifications of all kinds of credential share: what a caller may ask of the cache, and
// the form of the answers.

#include <latchkey/api/principal.hpp>
#include <latchkey/api/rate_gate.hpp>
#include <latchkey/auth/api_key/key_limit.hpp>
#include <latchkey/auth/cache/question.hpp>
#include <latchkey/auth/token/judge_token.hpp>
#include <latchkey/auth/token/token_record.hpp>
#include <latchkey/auth/verdict.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/ip_network.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/http/compressor.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::api {

class public_api;

// Only a valid answer says how it was found: a hit or a miss would tell which ids exist.
inline constexpr std::string_view uncached_field = "X-Auth-Cache: none\r\n";

// Reads Cache-Control, which counts only from a trusted caller.
auth::cache_terms cache_terms_of(http::exchange&);

// Reads an optional field with the end user's address, perhaps with a port. Returns nullopt if all
// is well.
std::optional<http::refusal> read_address(const http::json_value&,
                                          std::optional<core::address>& out);

// A fingerprint as the subject of a limit.
inline std::string_view bytes_of(const core::fingerprint& f) noexcept {
    return {reinterpret_cast<const char*>(f.data()), f.size()};
}

// Notes a verdict for the log of requests; of a good credential only if its request is logged.
// `credential` and `organization` are empty if it is not known.
void note_verdict(http::exchange&, auth::verdict, std::string_view credential = {},
                  std::string_view organization = {});
// The same of a fact that was looked up.
inline void note_verdict(http::exchange& ex, auth::verdict what, std::string_view credential,
                         std::string_view organization, auth::answer_source how) {
    if (what == auth::verdict::valid && !ex.note.wanted) return;
    note_verdict(ex, what, credential, organization);
    ex.note.cache = auth::name_of(how);
}

// The same of a token that is not good.
inline void note_refused_token(http::exchange& ex, auth::verdict what,
                               const auth::refused_token& whose) {
    note_verdict(ex, what, whose.subject, whose.organization);
    if (whose.how) ex.note.cache = auth::name_of(*whose.how);
}

// The same of a good token.
inline void note_token(http::exchange& ex, const auth::token_record& found,
                       auth::answer_source how) {
    if (!ex.note.wanted) return;
    const auto& claims = found.claims();
    note_verdict(ex, auth::verdict::valid, claims.subject.value_or(std::string()),
                 claims.organization_id.value_or(std::string()), how);
}

// True if the caller is one of server.trusted_callers: it may know which reason an INVALID_FORMAT
// had. What a gateway passes on is its client's.
bool is_told_why(http::exchange&);

// Answers {"valid":false,"code":…}. `body` is a buffer. Of an INVALID_FORMAT, exchange::reason is
// told as `detail` to those who are told why.
void answer_invalid(http::exchange&, std::string& body, auth::verdict);

// Adds the header fields about an API key's own limit.
void note_limit(http::exchange&, const auth::key_limit&);
// Answers {"valid":false,"code":"RATE_LIMITED",…} with Retry-After.
void answer_limited(http::exchange&, std::string& body, const auth::key_limit&);

// Answers with a record's own answer, X-Auth-Cache and Age. The answer must not hold a secret.
void answer_valid(http::exchange&, http::compressor&, std::string_view answer, auth::answer_source,
                  core::nanoseconds age);
// The same with an access token in the answer; it is not compressed.
void answer_with_token(http::exchange&, std::string_view answer, auth::answer_source,
                       core::nanoseconds age);

// Answers 503: `what` ("the key") cannot be verified now, and why. Retry-After is in whole seconds,
// at least 1.
void refuse_undecided(http::exchange&, const char* what, const char* why,
                      core::nanoseconds retry_after = {});
// Refuses a body that cannot be read, and lets the log say why. `why` repeats nothing of the body
// but names that resemble known ones.
void refuse_body(http::exchange&, const http::refusal& why);

// Returns what asks the limit that all credentials of an organization share, for a verifier. A
// question of its own callers was counted before.
inline auto organization_limit(rate_gate& gate, http::exchange& ex) {
    return [&](const auto& found) {
        if (asks_for_itself(ex, found.organization_id())) return std::optional<http::refusal>();
        return gate.unless_admitted(ex, counted::organization, found.organization_id());
    };
}

// The same of a token, which may be no organization's.
inline auto token_organization_limit(rate_gate& gate, http::exchange& ex) {
    return [&](const auto& found) {
        const auto& organization = found.claims().organization_id;
        return organization && !asks_for_itself(ex, *organization)
                   ? gate.unless_admitted(ex, counted::organization, *organization)
                   : std::optional<http::refusal>();
    };
}

// Returns a 503 if no token can be signed. Call it before the credential is looked at.
std::optional<http::refusal> why_no_token(const public_api&);
// Answers if the credential is good but no token was made: EXPIRED if its time is up, else 503.
void refuse_unissued(http::exchange&, std::string& body, const core::failure&);

} // namespace latchkey::api
