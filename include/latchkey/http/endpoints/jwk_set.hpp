#pragma once

namespace latchkey::http {

class exchange;
class public_api;

/// GET /.well-known/jwks.json
void published_keys(exchange&, public_api&);

} // namespace latchkey::http
