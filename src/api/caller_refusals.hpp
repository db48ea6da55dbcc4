#pragma once
// What a caller is told that may not ask, on the public listeners and at admin.listen.

#include <latchkey/auth/api_key/key_limit.hpp>
#include <latchkey/http/exchange.hpp>

#include <cstdint>
#include <string_view>

namespace latchkey::api {

/// Answers 401 with WWW-Authenticate (RFC 9110, section 11.6.1).
void refuse_unknown_caller(http::exchange&, std::string_view detail);
/// The same to whoever shows a key that is no good one. It does not say why: whether a key is
/// unknown, revoked or for other addresses is nobody's business who holds no good one.  A
/// client of OAuth is told as one.
void refuse_wrong_key(http::exchange&, bool by_client = false);
/// Answers 429: the limit of the caller's own key does not allow that cost now.
void refuse_limited_caller(http::exchange&, const auth::key_limit&, std::uint64_t cost);

} // namespace latchkey::api
