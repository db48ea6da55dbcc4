#pragma once
// What a device may at RabbitMQ, which asks about each thing that its MQTT plugin does for the
// device: about its virtual host, its queue, the exchange, and each topic. Pure.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::api::broker {

/// The device that is asked about, as the database knows it.
struct routed_device {
    std::string_view id;
    std::string_view organization;
    std::span<const std::string> scopes;
};

/// A question, in RabbitMQ's words.
struct routed_question {
    std::string_view vhost;
    std::string_view resource;   ///< "exchange", "queue" or "topic"
    std::string_view name;       ///< of the resource
    std::string_view permission; ///< "configure", "write" or "read"
    std::string_view client_id;  ///< empty if it does not come by MQTT
    std::string_view routing_key;
};

/// True for the virtual host "/" and for one that is named as the device's organization, if there
/// is a client id. AMQP's clients have none, and may nothing: RabbitMQ 3.10 routes their messages
/// by further keys as well (CC, BCC), about which it does not ask.
bool may_enter(const routed_device&, const routed_question&) noexcept;

/// True for the queues of the device's own subscriptions, and for reading from and writing to the
/// exchange amq.topic. A queue is its own only if its client id is the device's id: by
/// another client id it would get at another device's messages.
bool may_use(const routed_device&, const routed_question&);

/// True if a scope allows to publish (write), or to subscribe (read).
bool may_route(const routed_device&, const routed_question&, std::size_t rules_max);

} // namespace latchkey::api::broker
