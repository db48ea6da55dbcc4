#pragma once
// An API key as operators see it and change it.

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/auth/credit/credit_account.hpp>
#include <latchkey/auth/input_bounds.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/rate_rule.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

/// The generation before the last rotation, while it is still good.
struct previous_generation {
    core::real_time until{};
    std::optional<core::real_time> last_used_at{};
};

/// One row, without the key. What the older service stored may exceed what a creation allows.
struct stored_api_key {
    core::fingerprint key_hash{};                     ///< by which a cache knows it
    std::optional<core::fingerprint> previous_hash{}; ///< of the secret before the last rotation
    std::string key_id{};
    std::optional<std::string> hint{}; ///< the key's first characters
    std::string organization_id{};
    std::optional<std::string> name{};
    std::optional<std::string> external_id{};
    std::vector<std::string> scopes{}; ///< those that let it ask Latchkey, too
    std::string metadata{};            ///< JSON text
    std::vector<std::string> allowed_networks{};
    bool enabled = false;
    std::string state{}; ///< by the database's clock: active, disabled, expired, revoked
    std::optional<core::real_time> expires_at{};
    std::optional<core::real_time> revoked_at{};
    std::optional<std::string> revoked_reason{};
    std::optional<core::rate_rule> rate_limit{};
    bool rate_limit_is_fleet = false;
    std::optional<credit_account> credits{}; ///< what it spends from: its own or its owner's
    std::uint32_t generation = 0;            ///< how often it was narrowed
    std::optional<previous_generation> previous{};
    std::string origin{}; ///< "latchkey", or "organization_array" whose writer decides about it
    core::real_time created_at{};
    std::optional<core::real_time> last_used_at{};
    std::int64_t uses = 0;
    core::real_time read_at{};        ///< the database's time of this answer
    std::vector<std::string> roles{}; ///< names; their scopes are not among `scopes`
};

/// Names what changes; an inner nullopt clears it.
struct api_key_change {
    std::string key_id{};
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
    std::optional<std::string> name{};
    std::optional<std::optional<std::string>> external_id{};
    std::optional<std::vector<std::string>> scopes{};
    std::optional<auth::caller_scopes> caller_scopes{};
    std::optional<std::string> metadata{}; ///< JSON text
    std::optional<std::vector<std::string>> allowed_networks{};
    std::optional<bool> enabled{};
    std::optional<std::optional<core::real_time>> expires_at{};
    std::optional<std::optional<core::rate_rule>> rate_limit{};
    bool rate_limit_is_fleet = false; ///< of the limit that it gets
};

} // namespace latchkey::auth
