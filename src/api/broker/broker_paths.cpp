#include "api/broker/broker_paths.hpp"

namespace latchkey::api::broker {

namespace {

// A path that is nearly right is refused in the same way.
bool is_at(std::string_view path, std::string_view of) {
    return path.starts_with(of) && (path.size() == of.size() || path[of.size()] == '/');
}

} // namespace

const http::fixed_refusal* fixed_refusal_of(std::string_view path) noexcept {
    if (is_at(path, emqx_path)) return &emqx_refusal;
    return is_at(path, rabbitmq_path) ? &rabbitmq_refusal : nullptr;
}

} // namespace latchkey::api::broker
