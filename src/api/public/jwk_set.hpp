#pragma once

namespace latchkey::http {
class exchange;
}

namespace latchkey::api {

class public_api;

/// GET /.well-known/jwks.json
void published_keys(http::exchange&, public_api&);

} // namespace latchkey::api
