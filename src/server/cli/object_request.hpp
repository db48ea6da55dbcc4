#pragma once
// Requests about one object, which the command's argument names.

#include "server/cli/admin_client.hpp"
#include "server/cli/request_writer.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::server {

struct object_kind {
    std::string_view path;     ///< "/admin/v1/api-keys/"
    std::string_view argument; ///< "KEY_ID"
};

inline constexpr object_kind organization_object = {"/admin/v1/organizations/", "ORGANIZATION_ID"};
inline constexpr object_kind api_key_object = {"/admin/v1/api-keys/", "KEY_ID"};
inline constexpr object_kind role_object = {"/admin/v1/roles/", "ROLE_ID"};
inline constexpr object_kind device_object = {"/admin/v1/devices/", "DEVICE_ID"};

/// Shows the object.
int show_object(const object_kind&, const command_line&, command_context&);

/// Changes the members that the body has; refuses a body without any.
int patch_object(const object_kind&, const request_writer& body, const command_line&,
                 command_context&);

/// Enables or disables it.
int enable_object(const object_kind&, bool enabled, const command_line&, command_context&);

/// POSTs to the object's `action` ("revoke").
int post_to_object(const object_kind&, std::string_view action, const request_writer& body,
                   const command_line&, command_context&);

/// The same for an action that may make a secret: says so if the answer has the member `secret`.
int post_for_secret(const object_kind&, std::string_view action, const request_writer& body,
                    std::string_view secret, const command_line&, command_context&);

/// Says that a secret is shown once, if the answer has one in the member `name`.
void say_shown_once(const admin_answer&, std::string_view name, command_context&);

} // namespace latchkey::server
