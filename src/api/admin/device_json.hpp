#pragma once
// A device as JSON, for the admin endpoints.

#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

core::json_value json_of(const auth::device&);

} // namespace latchkey::api
