#pragma once
// A device of an import or an export: with the stored forms of its secrets.

#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/core/text/json_object.hpp>

#include <string_view>

namespace latchkey::api {

/// Fails with a sentence. What its values may be, `auth::complaint_about` says.
core::result<auth::new_device> read_imported_device(std::string_view json);

/// As `read_imported_device` reads it.
core::json_value json_of(const auth::new_device&);

} // namespace latchkey::api
