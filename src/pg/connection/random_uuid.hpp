#pragma once

#include <latchkey/core/result.hpp>

#include <string>

namespace latchkey::pg {

/// Returns a version 4 UUID (RFC 9562, section 5.4). Fails when the system's random source does.
core::result<std::string> random_uuid();

} // namespace latchkey::pg
