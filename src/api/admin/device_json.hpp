#pragma once
// A device as JSON, for the admin endpoints.

#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/http/exchange.hpp>

#include <string>

namespace latchkey::api {

void append_device(std::string& out, const auth::device&);
void answer_device(http::exchange&, const auth::device&);

} // namespace latchkey::api
