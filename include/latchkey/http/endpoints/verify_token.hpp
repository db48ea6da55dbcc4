#pragma once

namespace latchkey::http {

class exchange;
class public_api;

/// POST /api/v1/auth/verify-token
void verify_token(exchange&, public_api&);

} // namespace latchkey::http
