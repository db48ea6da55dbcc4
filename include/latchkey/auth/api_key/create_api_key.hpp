#pragma once
// The operator's creation of an API key.

#include <latchkey/auth/store.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

/// A key's limit as an operator states it.
struct rate_limit_request {
    std::int64_t quantity = 0;
    core::seconds window{};
    std::optional<std::int64_t> burst; ///< uses at once; `quantity` if unset
    bool is_fleet = false;             ///< all nodes count together, by fixed windows
};

/// Fails with `invalid`, and a sentence that says what it must be.
core::result<core::rate_rule> rate_rule_of(const rate_limit_request&);

struct create_api_key_request {
    std::string organization_id;
    std::string name;
    std::optional<std::string> external_id;
    std::vector<std::string> scopes; ///< those of a caller among them; who asks must hold them
    std::string metadata = "{}";     ///< a JSON object
    std::optional<core::seconds> expires_in;
    std::vector<std::string> allowed_ips; ///< addresses and networks
    std::string env = "live";             ///< part of the key's text
    std::optional<rate_limit_request> rate_limit;
    std::optional<given_credits> credits; ///< unset: uses cost nothing
    std::vector<std::string> roles{};     ///< names
};

struct created_api_key {
    crypto::secret api_key; ///< shown once
    new_api_key stored;
    core::real_time created_at;
};

/// As it is shown from then on.
stored_api_key as_stored(const created_api_key&);

/// Checks the input, makes a key and stores its hash. The failure `invalid` names the field and
/// what it must be. Control thread.
operation<created_api_key> create_api_key(lifecycle_store&, create_api_key_request,
                                          core::real_time now, operator_request& by);

} // namespace latchkey::auth
