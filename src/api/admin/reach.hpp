#pragma once
// What an admin endpoint needs of its caller. Reading needs latchkey:admin:read, all else
// latchkey:admin:write. A caller that has it for its own organization alone reaches the endpoints
// that keep to one (`organization_bound`): what belongs to others is not there for it. The operator
// on the socket may all.

#include <latchkey/api/principal.hpp>
#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/core/flow/task.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/http/exchange.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::api {

class admin_api;

/// Whose objects an endpoint is about.
enum class keeps_to {
    nothing,      ///< to no organization: it needs a scope with `:*`
    organization, ///< to the organization that organization_bound() names
};

/// Returns true for whoever asks on the unix socket.
bool is_operator(const http::exchange&) noexcept;

/// Returns what to answer if the caller may not ask; nullopt if it may. Notes the organization that
/// it is bound to.
std::optional<http::refusal> unless_reached(http::exchange&, keeps_to);

/// Returns a 403 unless the caller may change what is of all organizations: for a GET that needs as
/// much.
std::optional<http::refusal> unless_all_may_be_changed(const http::exchange&);

/// Asks whose the key in the path is, for a caller that would change it: nobody gives, revives or
/// enables scopes that it does not hold.
core::task<std::optional<http::refusal>> unless_key_reached(http::exchange&, admin_api&);
/// The same for scopes that the key in the path would get.
core::task<std::optional<http::refusal>> unless_scopes_held(const http::exchange&, admin_api&,
                                                            std::span<const std::string> scopes);

/// True if the caller holds whatever the keys of an organization may have.
bool may_revive_all(const http::exchange&);

/// Returns 404, with this sentence, if the caller is bound to another organization.
std::optional<http::refusal> unless_organization_reached(const http::exchange&,
                                                         std::string_view organization_id);
/// Returns 403 if a credential of that organization would get a scope that the caller may not give.
std::optional<http::refusal> unless_held(const http::exchange&, std::span<const std::string> scopes,
                                         std::string_view organization_id);

} // namespace latchkey::api
