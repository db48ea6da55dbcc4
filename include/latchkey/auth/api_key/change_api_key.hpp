#pragma once
// The operator's change of an API key.

#include <latchkey/auth/api_key/create_api_key.hpp>
#include <latchkey/auth/cache/change_applier.hpp>

namespace latchkey::auth {

/// Names what changes; an inner nullopt clears it.
struct change_api_key_request {
    std::string key_id;
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
    std::optional<std::string> name{};
    std::optional<std::optional<std::string>> external_id{};
    std::optional<std::vector<std::string>> scopes{}; ///< all of them, those of a caller among them
    std::optional<std::string> metadata{};            ///< a JSON object
    std::optional<std::vector<std::string>> allowed_ips{};
    std::optional<bool> enabled{};
    std::optional<std::optional<core::real_time>> expires_at{};
    std::optional<core::seconds> expires_in{};
    std::optional<std::optional<rate_limit_request>> rate_limit{};
};

/// Checks the input as at a creation, changes the key, and ends once this process has applied it;
/// the feed tells the other nodes. The failure `invalid` names the field; others are
/// lifecycle_store's. Control thread.
operation<stored_api_key> change_api_key(lifecycle_store&, change_sink&, change_api_key_request,
                                         core::real_time now, operator_request& by);

} // namespace latchkey::auth
