#pragma once
// A device, as the admin endpoints tell it.

#include <latchkey/auth/device_store.hpp>
#include <latchkey/http/exchange.hpp>

#include <string>

namespace latchkey::http {

void append_device(std::string& out, const auth::device&);
void answer_device(exchange&, const auth::device&);

} // namespace latchkey::http
