#include "api/broker/routing_key.hpp"

#include <algorithm>

namespace latchkey::api::broker {

std::optional<std::string> topic_of(std::string_view routing_key) {
    if (routing_key.find_first_of("/+") != std::string_view::npos) return std::nullopt;
    std::string out(routing_key);
    std::ranges::replace(out, '.', '/');
    std::ranges::replace(out, '*', '+');
    return out;
}

std::vector<topic_rule> as_routed(std::vector<topic_rule> rules) {
    for (auto& rule : rules)
        std::ranges::replace(rule.filter, '.', '/');
    return rules;
}

} // namespace latchkey::api::broker
