#pragma once

#include <latchkey/http/exchange.hpp>

namespace latchkey::api {

class public_api;

void show_description(http::exchange&, public_api&);

} // namespace latchkey::api
