#pragma once
// What the verifications of all kinds of credential have in common: what a caller may ask of the
// cache, and the form of the answers.

#include <latchkey/auth/network.hpp>
#include <latchkey/auth/question.hpp>
#include <latchkey/auth/verdict.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::http {

// A hit or a miss would tell which ids exist: only a valid answer says how it was found.
inline constexpr std::string_view uncached_field = "X-Auth-Cache: none\r\n";

// Cache-Control, where the caller is trusted to say so.
auth::cache_terms cache_terms_of(const exchange&);

// An optional field with the end user's address. Nothing, when all is well.
std::optional<refusal> read_address(const json_value&, std::optional<auth::address>& out);

// {"valid":false,"code":…}; `body` is room to write it.
void answer_invalid(exchange&, std::string& body, auth::verdict);

// A record's own answer, with X-Auth-Cache and Age, and with `more` whole lines.
void answer_valid(exchange&, std::string_view answer, auth::answer_source, core::nanoseconds age,
                  std::string_view more = {});

// 503: `what` ("the key") cannot be verified now, and why.
void refuse_undecided(exchange&, const char* what, const char* why);

// The credential is good, but no token was made: EXPIRED when its time is up, else 503.
void refuse_unissued(exchange&, std::string& body, const core::failure&);

} // namespace latchkey::http
