#pragma once
// The forms that RabbitMQ sends. Other fields may come with them, by plugin and version.

#include <latchkey/api/field_terms.hpp>
#include <latchkey/http/json_fields.hpp>

namespace latchkey::api {

inline constexpr http::json_fields
    rabbitmq_user_fields({{"username", http::json_kind::text, true, &terms::device_id},
                          {"password", http::json_kind::text, true, &terms::device_secret}});

inline constexpr http::json_fields rabbitmq_vhost_fields(
    {{"username", http::json_kind::text, true, &terms::device_id},
     {"vhost", http::json_kind::text, true, &terms::virtual_host},
     {"client_id", http::json_kind::text, false, &terms::rabbitmq_client_id}});

inline constexpr http::json_fields rabbitmq_resource_fields(
    {{"username", http::json_kind::text, true, &terms::device_id},
     {"vhost", http::json_kind::text, true, &terms::virtual_host},
     {"resource", http::json_kind::text, true, &terms::broker_resource},
     {"name", http::json_kind::text, true, &terms::resource_name},
     {"permission", http::json_kind::text, true, &terms::permission},
     {"client_id", http::json_kind::text, false, &terms::rabbitmq_client_id}});

inline constexpr http::json_fields rabbitmq_topic_fields(
    {{"username", http::json_kind::text, true, &terms::device_id},
     {"vhost", http::json_kind::text, true, &terms::virtual_host},
     {"resource", http::json_kind::text, true, &terms::broker_resource},
     {"name", http::json_kind::text, true, &terms::resource_name},
     {"permission", http::json_kind::text, true, &terms::permission},
     {"routing_key", http::json_kind::text, true, &terms::routing_key},
     {"variable_map.client_id", http::json_kind::text, false, &terms::rabbitmq_client_id}});

} // namespace latchkey::api
