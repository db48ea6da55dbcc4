#pragma once
// What a client wants its token to be: `scope` as words (RFC 6749, section 3.3), and whom it is for
// (`resource` by RFC 8707, `audience` by RFC 8693).

#include "api/oauth/errors.hpp"

#include <latchkey/http/form_body.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace latchkey::api::oauth {

/// Views into the form.
struct wanted_token {
    bool names_scopes = false;
    std::vector<std::string_view> scopes;
    std::optional<std::string_view> audience;
};

/// True for a scope-token (RFC 6749, section 3.3).
bool is_scope_token(std::string_view) noexcept;

/// Returns invalid_scope for what is no list of scopes, and invalid_target for several audiences or
/// for a `resource` that is no absolute URI, or has a fragment.
std::optional<error> read_wanted(const http::json_value& scope, const http::json_value& resource,
                                 const http::json_value& audience, wanted_token&);

} // namespace latchkey::api::oauth
