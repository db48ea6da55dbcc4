#pragma once

#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <span>

namespace latchkey::api {

/// Reads a JSON body. With `may_be_missing`, an empty body has no values. Returns false if the body
/// is wrong; the exchange is then answered.
bool read_body(http::exchange&, http::json_body&, std::span<const http::json_field>,
               bool may_be_missing = false);

} // namespace latchkey::api
