#pragma once

#include <latchkey/core/result.hpp>

#include <string>

namespace latchkey::pg {

/// A version 4 identifier (RFC 9562, section 5.4). Fails when the system's random source does.
core::result<std::string> random_uuid();

} // namespace latchkey::pg
