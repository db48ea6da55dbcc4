#pragma once
// MQTT's topics as RabbitMQ routes them: its MQTT plugin writes "/" as "." and "+" as "*", so that
// a dot in a topic begins a level, too. Pure.

#include "api/broker/topic_rules.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api::broker {

/// Returns the topic, or topic filter, that a routing key stands for; nullopt for one that no topic
/// has.
std::optional<std::string> topic_of(std::string_view routing_key);

/// The rules, with levels as RabbitMQ has them.
std::vector<topic_rule> as_routed(std::vector<topic_rule>);

} // namespace latchkey::api::broker
