#pragma once
// Finds bare secrets of devices, and reports their shapes.

#include "pg/connection/blocking.hpp"

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <functional>
#include <string_view>

namespace latchkey::pg {

/// Succeeds if there are none. While `legacy` is unset, reports their shapes (count, length and
/// alphabet) with one `say` for each, and fails with `invalid`. Otherwise says how they are read if
/// there seem to be hashes and plaintexts among them. Blocks.
core::result<void> judge_bare_secrets(PGconn&, const legacy_names&,
                                      auth::legacy_device_secret legacy,
                                      const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg
