#pragma once

#include <cstddef>

namespace latchkey::http {

/// Section [compression].
struct compression_configuration {
    bool enabled = true;
    std::size_t minimum_size = 1000; ///< bytes of a body
    int level = 6;                   ///< zlib's: 1 fast to 9 small
};

} // namespace latchkey::http
