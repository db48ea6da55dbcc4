#pragma once
// Pages that anybody may keep and read, also a script of another origin: the JWK set and the
// description of the API.

#include <latchkey/http/compressor.hpp>
#include <latchkey/http/exchange.hpp>

#include <string_view>

namespace latchkey::api {

class public_api;

// Answers 200 with the text, or 304 when If-None-Match has its tag. The compressed text is another
// representation with a strong tag of its own; a client that has either of the two gets 304.
void answer_tagged(http::exchange&, public_api&, std::string_view tag, std::string_view text,
                   http::kept_gzip&);

} // namespace latchkey::api
