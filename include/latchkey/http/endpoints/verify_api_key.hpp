#pragma once

namespace latchkey::http {

class exchange;
class public_api;

/// POST /api/v1/auth/verify-api-key
void verify_api_key(exchange&, public_api&);

} // namespace latchkey::http
