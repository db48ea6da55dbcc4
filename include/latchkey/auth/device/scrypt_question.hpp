#pragma once
// "Is this the password of that hash?", asked by one request of the scrypt_pool.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/mailbox.hpp>
#include <latchkey/crypto/password_hash.hpp>
#include <latchkey/crypto/secret.hpp>

#include <memory>
#include <optional>

namespace latchkey::auth {

/// What a scrypt outcome is known by: the SHA-256 of the stored text and of the presented secret's
/// SHA-256. A stored text that changes is another key.
core::fingerprint scrypt_key(const crypto::password_hash& stored,
                             const core::fingerprint& presented);

/// Travels from the worker where it is asked to the pool, and back. Owned by the asker, who keeps
/// it, and changes nothing in it, until `decided`.
class scrypt_question : public core::mail {
  public:
    // --- set by the asker ---
    core::fingerprint key{};    ///< scrypt_key of the two below
    core::fingerprint device{}; ///< whose turn it counts as
    std::shared_ptr<const crypto::password_hash> hash;
    crypto::secret presented;
    core::mailbox* answer_box = nullptr;

    // --- the outcome ---
    std::optional<bool> matches; ///< nothing: not decided
    const char* reason = "";     ///< when not decided: static text

    /// On the asker's worker, once, never from within `try_begin`.
    virtual void decided() noexcept = 0;

    void arrived() noexcept final { decided(); }

    // --- for the queue ---
    scrypt_question* next_sharer = nullptr; ///< has the same key, and gets the same answer
    core::boot_time waits_since{};
    core::boot_time runs_since{};

  protected:
    ~scrypt_question() = default;
};

} // namespace latchkey::auth
