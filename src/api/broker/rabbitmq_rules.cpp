#include "api/broker/rabbitmq_rules.hpp"

#include "api/broker/routing_key.hpp"
#include "api/broker/topic_rules.hpp"

#include <utility>

namespace latchkey::api::broker {

namespace {

constexpr std::string_view exchange = "amq.topic";

// As rabbit_mqtt_util:subcription_queue_name/1 of 3.10 makes it: one for each quality of service.
bool is_own_queue(const routed_device& device, const routed_question& asked) {
    if (asked.client_id != device.id) return false;
    const auto queue = "mqtt-subscription-" + std::string(device.id) + "qos";
    return asked.name == queue + '0' || asked.name == queue + '1';
}

bool writes_or_reads(std::string_view permission) {
    return permission == "write" || permission == "read";
}

bool may_use_exchange(const routed_device& device, const routed_question& asked) {
    if (asked.permission == "read") return asked.client_id == device.id;
    return asked.permission == "write";
}

} // namespace

bool may_enter(const routed_device& device, const routed_question& asked) noexcept {
    if (asked.client_id.empty() || asked.vhost.empty()) return false;
    return asked.vhost == "/" || asked.vhost == device.organization;
}

bool may_use(const routed_device& device, const routed_question& asked) {
    if (!may_enter(device, asked)) return false;
    if (asked.resource == "exchange")
        return asked.name == exchange && may_use_exchange(device, asked);
    const bool is_known = asked.permission == "configure" || writes_or_reads(asked.permission);
    return asked.resource == "queue" && is_known && is_own_queue(device, asked);
}

// An id with a dot is two levels there, of which the first may be another device's id.
bool may_route(const routed_device& device, const routed_question& asked, std::size_t rules_max) {
    if (!may_enter(device, asked) || asked.resource != "topic" || asked.name != exchange)
        return false;
    if (!writes_or_reads(asked.permission)) return false;
    const auto topic = topic_of(asked.routing_key);
    if (!topic) return false;
    const bool is_one_level = device.id.find('.') == std::string_view::npos;
    auto rules = topic_rules_of(device.scopes, device.id,
                                is_one_level ? asked.client_id : std::string_view(), rules_max);
    const auto what = asked.permission == "write" ? topic_action::publish : topic_action::subscribe;
    return rules && allowed(as_routed(std::move(*rules)), what, *topic);
}

} // namespace latchkey::api::broker
