#pragma once
// Turns the database's rows of our own signing keys into an issuer.

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/signing_key.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/sealing_key.hpp>
#include <latchkey/crypto/signing_key_pair.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace latchkey::auth {

/// The key-encryption key, or why there is none.
struct key_encryption_key {
    std::shared_ptr<const crypto::sealing_key> key;
    std::string why_not; ///< one sentence

    explicit operator bool() const noexcept { return key != nullptr; }
};

/// Seals a new pair for storing. The sealed part is bound to the key's id, algorithm and public
/// part.
core::result<new_signing_key> seal_signing_key_pair(const crypto::signing_key_pair&,
                                                    crypto::jws_algorithm,
                                                    const crypto::sealing_key&);

struct opened_keys {
    own_issuer own;
    std::vector<std::string> warnings; ///< which keys cannot be used, and why
};

/// Next, current and retiring keys verify; the current one signs if `kek` opens it. Symmetric keys
/// need `kek` to verify, too, and are not published.
opened_keys open_signing_keys(std::span<const signing_key>, const token_configuration&,
                              const key_encryption_key& kek);

} // namespace latchkey::auth
