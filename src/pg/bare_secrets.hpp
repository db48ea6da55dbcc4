#pragma once
// Bare secrets of devices, before anyone has said what they are.

#include "blocking.hpp"

#include <latchkey/core/result.hpp>

#include <functional>
#include <string_view>

namespace latchkey::pg {

/// Succeeds where there are none. Otherwise says their shapes (how many, their length and
/// alphabet), a line each, and fails as `invalid`. Blocks.
core::result<void> refuse_bare_secrets(PGconn&, const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg
