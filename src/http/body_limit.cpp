#include <latchkey/http/body_limit.hpp>

namespace latchkey::http {

body_limit body_limit_of(const request& asked, const configuration& limits) noexcept {
    if (asked.method == method::post && asked.path == batch_path)
        return {limits.batch_bytes_max, "server.batch_bytes_max"};
    return {limits.body_bytes_max, "server.body_bytes_max"};
}

refusal too_long(const body_limit& limit) {
    return {413, "the body is longer than " + std::to_string(limit.bytes_max) + " bytes (" +
                     std::string(limit.key) + ")"};
}

} // namespace latchkey::http
