#pragma once

namespace latchkey::http {
class exchange;
}

namespace latchkey::api {

class public_api;

/// POST /api/v1/auth/verify-token
void verify_token(http::exchange&, public_api&);

} // namespace latchkey::api
