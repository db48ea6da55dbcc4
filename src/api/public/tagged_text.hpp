#pragma once
// A text that is the same as long as the process lives, ready to be served.

#include <string>

namespace latchkey::api {

struct tagged_text {
    std::string plain;
    std::string gzip;       ///< the same, compressed
    std::string entity_tag; ///< of `plain`
};

tagged_text tagged(std::string plain);

} // namespace latchkey::api
