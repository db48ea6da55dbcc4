#pragma once
// Bare secrets of devices, and what was said of them.

#include "pg/connection/blocking.hpp"

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <functional>
#include <string_view>

namespace latchkey::pg {

/// Succeeds where there are none. While `legacy` is unset, says their shapes (how many, their
/// length and alphabet), a line each, and fails as `invalid`. Else says how they are read where
/// hashes and plaintexts seem to be among them. Blocks.
core::result<void> judge_bare_secrets(PGconn&, const legacy_names&,
                                      auth::legacy_device_secret legacy,
                                      const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg
