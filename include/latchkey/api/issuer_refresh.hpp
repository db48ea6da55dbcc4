#pragma once
// What an operator's request to fetch issuers' keys at once came to.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::api {

struct refreshed_issuer {
    std::string issuer;
    bool fetched = false;              ///< an answer came that can be used, even an older one
    std::size_t keys = 0;              ///< in use now, from the issuer
    std::optional<std::string> reason; ///< why nothing new is in use
};

using refreshed_issuers = std::vector<refreshed_issuer>;

} // namespace latchkey::api
