#pragma once

#include <cstddef>

namespace latchkey::auth {

/// Section [tokens].
struct token_configuration {
    std::size_t length_max = 8192; ///< bytes of a token
    std::size_t claims_max = 256;  ///< names in its payload, at all depths
    std::size_t depth_max = 8;     ///< of its payload, itself included
};

} // namespace latchkey::auth
