#pragma once
// The paths that message brokers ask, and how they are refused. A broker reads a few words and no
// problem documents.

#include <latchkey/http/refusal.hpp>

#include <string_view>

namespace latchkey::api::broker {

inline constexpr std::string_view emqx_path = "/integrations/emqx";
inline constexpr std::string_view rabbitmq_path = "/integrations/rabbitmq";

/// EMQX takes any other status for "ignore", and asks its next authenticator.
inline constexpr http::fixed_refusal emqx_refusal{"application/json", R"({"result":"deny"})", 200};

/// RabbitMQ refuses what it does not get a 200 for, and says the status in its log.
inline constexpr http::fixed_refusal rabbitmq_refusal{"text/plain", "deny"};

/// Returns how a refusal at the path, or below it, looks; null if no broker asks there.
const http::fixed_refusal* fixed_refusal_of(std::string_view path) noexcept;

} // namespace latchkey::api::broker
