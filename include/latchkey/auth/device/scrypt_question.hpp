#pragma once
// "Is this the password of that hash?": one request's question to the scrypt_pool.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/mailbox.hpp>
#include <latchkey/crypto/password_hash.hpp>
#include <latchkey/crypto/secret.hpp>

#include <memory>
#include <optional>

namespace latchkey::auth {

/// The key of a scrypt outcome: the SHA-256 of the stored text and of the presented secret's
/// SHA-256. If the stored text changes, so does the key.
core::fingerprint scrypt_key(const crypto::password_hash& stored,
                             const core::fingerprint& presented);

/// Travels from the worker that asks to the pool, and back. The asker owns it, and keeps it
/// unchanged until `decided`.
class scrypt_question : public core::mail {
  public:
    // --- set by the asker ---
    core::fingerprint key{};    ///< scrypt_key of the two below
    core::fingerprint device{}; ///< counts against this device's bound
    std::shared_ptr<const crypto::password_hash> hash;
    crypto::secret presented;
    core::mailbox* answer_box = nullptr;

    // --- the outcome ---
    std::optional<bool> matches; ///< nullopt if not decided
    const char* reason = "";     ///< if not decided: static text

    /// Called on the asker's worker, once, never from within `try_begin`.
    virtual void decided() noexcept = 0;

    void arrived() noexcept final { decided(); }

    // --- for the queue ---
    scrypt_question* next_sharer = nullptr; ///< has the same key and gets the same answer
    core::boot_time waits_since{};
    core::boot_time runs_since{};

  protected:
    ~scrypt_question() = default;
};

} // namespace latchkey::auth
