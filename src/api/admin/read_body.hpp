#pragma once

#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <span>

namespace latchkey::api {

/// A JSON body that may be missing where `may_be_missing`: then no value is present. False: the
/// exchange is answered, with what is wrong.
bool read_body(http::exchange&, http::json_body&, std::span<const http::json_field>,
               bool may_be_missing = false);

} // namespace latchkey::api
