#pragma once
// What the verifications of all kinds of credential have in common: what a caller may ask of the
// cache, and the form of the answers.

#include <latchkey/auth/api_key/key_limit.hpp>
#include <latchkey/auth/cache/question.hpp>
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

// A hit or a miss would tell which ids exist: only a valid answer says how it was found.
inline constexpr std::string_view uncached_field = "X-Auth-Cache: none\r\n";

// Cache-Control, where the caller is trusted to say so.
auth::cache_terms cache_terms_of(http::exchange&);

// An optional field with the end user's address, perhaps with a port. Nothing, when all is well.
std::optional<http::refusal> read_address(const http::json_value&,
                                          std::optional<core::address>& out);

// A fingerprint as a limit's subject.
inline std::string_view bytes_of(const core::fingerprint& f) noexcept {
    return {reinterpret_cast<const char*>(f.data()), f.size()};
}

// {"valid":false,"code":…}; `body` is room to write it.
void answer_invalid(http::exchange&, std::string& body, auth::verdict);

// The header fields that tell of a key's limit.
void note_limit(http::exchange&, const auth::key_limit&);
// {"valid":false,"code":"RATE_LIMITED",…} with Retry-After.
void answer_limited(http::exchange&, std::string& body, const auth::key_limit&);

// A record's own answer, with X-Auth-Cache and Age. It holds no secret.
void answer_valid(http::exchange&, http::compressor&, std::string_view answer, auth::answer_source,
                  core::nanoseconds age);
// The same with an access token in it.
void answer_with_token(http::exchange&, std::string_view answer, auth::answer_source,
                       core::nanoseconds age);

// 503: `what` ("the key") cannot be verified now, and why. Retry-After in whole seconds, 1 at
// least.
void refuse_undecided(http::exchange&, const char* what, const char* why,
                      core::nanoseconds retry_after = {});

// Nothing can be signed: a 503, before the credential is looked at.
std::optional<http::refusal> why_no_token(const public_api&);
// The credential is good, but no token was made: EXPIRED when its time is up, else 503.
void refuse_unissued(http::exchange&, std::string& body, const core::failure&);

} // namespace latchkey::api
