#pragma once
// The operator's rotation of an API key. The key keeps its id and all that belongs to it, and gets
// another secret; the one before still works for a while, and its end can be brought forward. There
// are never more than these two.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/rotation.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/crypto/secret.hpp>

#include <optional>
#include <string>

namespace latchkey::auth {

struct rotate_api_key_request {
    std::string key_id;
    std::optional<std::string> only_organization{}; ///< nullopt: of any organization
    core::seconds overlap = overlap_default;        ///< 0: the old secret ends now
};

struct key_with_secret {
    crypto::secret api_key; ///< shown once
    stored_api_key now;
};

/// The new secret is of the same environment ("live") as the old one, as far as the key's hint
/// tells it. Ends once this process has applied the change. The failure `invalid` names the field;
/// others are lifecycle_store's. Control thread.
operation<key_with_secret> rotate_api_key(lifecycle_store&, change_sink&, rotate_api_key_request,
                                          operator_request& by);

/// Ends the secret before the last rotation now. Control thread.
operation<stored_api_key> finish_key_rotation(lifecycle_store&, change_sink&, std::string key_id,
                                              std::optional<std::string> only_organization,
                                              operator_request& by);

} // namespace latchkey::auth
