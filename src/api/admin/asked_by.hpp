#pragma once
// Who asks for a change on the admin listener.

#include <latchkey/auth/operator_request.hpp>
#include <latchkey/http/exchange.hpp>

namespace latchkey::api {

auth::operator_request asked_by(const http::exchange&);

} // namespace latchkey::api
