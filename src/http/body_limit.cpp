#include <latchkey/http/body_limit.hpp>

#include <string>

namespace latchkey::http {

refusal too_long(const body_limit& limit) {
    return {413, "the body is longer than " + std::to_string(limit.bytes_max) + " bytes (" +
                     std::string(limit.setting) + ")"};
}

} // namespace latchkey::http
