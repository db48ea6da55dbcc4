#pragma once
// How OAuth's endpoints refuse: {"error","error_description"} as application/json, never a problem
// document (RFC 6749, section 5.2).

#include <latchkey/auth/api_key/key_limit.hpp>
#include <latchkey/auth/verdict.hpp>
#include <latchkey/http/exchange.hpp>

#include <string>
#include <string_view>

namespace latchkey::api::oauth {

/// One of the codes that RFC 6749, RFC 7009, RFC 8693 and RFC 8707 define, and a sentence that
/// repeats nothing of what was sent.
struct error {
    std::string_view code;
    std::string description;
};

/// Answers 400, and lets the log say why.
void refuse(http::exchange&, const error&);

/// Answers 401: the client has not proved itself. The same for an unknown client and for a wrong
/// secret.
void refuse_client(http::exchange&);
/// The same with another sentence, which nobody can learn from who exists.
void refuse_client(http::exchange&, std::string_view why);

/// Answers what is wrong with a client that is not good. Only whoever knows its secret learns more
/// than refuse_client() tells.
void refuse_client(http::exchange&, auth::verdict);

/// Answer what has shown a client twice, or by an Authorization that cannot be read.
void refuse_several_clients(http::exchange&);
void refuse_misshapen_client(http::exchange&);

/// Answers 429: an API key's own limit is reached.
void refuse_at_limit(http::exchange&, const auth::key_limit&);

/// Answers 400 to a request with a query: what is sent there stands in the logs of proxies. Returns
/// false if there is none.
bool refuse_query(http::exchange&);

} // namespace latchkey::api::oauth
