#pragma once

namespace latchkey::auth {

/// Section [auth].
struct configuration {
    bool accept_foreign_keys = true; ///< look up keys that are not of our own shape
};

} // namespace latchkey::auth
