#pragma once
// "Is this secret one of the device's passwords?": tries its scrypt forms one after the other. An
// outcome that is known costs no computation.
//
//   if (check.begin(pool, record, claim, secret, box, now) == waiting) …    // `checked` later
//   check.outcome()

#include <latchkey/auth/device/judge_device.hpp>
#include <latchkey/auth/device/scrypt_pool.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

namespace latchkey::auth {

/// What a device presents: the SHA-256 of its id, which the cache knows it by, and of its secret.
struct device_claim {
    core::fingerprint device{};
    core::fingerprint secret{};
    bool is_vouched_for = false; ///< by who asks: there is no secret to compare
};

enum class password_outcome {
    no,
    yes,
    waiting,   ///< `checked` will be called
    undecided, ///< `reason` says why
};

/// Lives on its worker's thread, and checks one device at a time. Must be kept while it waits.
class password_check : private scrypt_question {
  public:
    /// Asks about the forms whose outcome is not known. Copies `secret` if scrypt is to be
    /// computed.
    password_outcome begin(scrypt_pool&, const device_record&, const device_claim&,
                           std::string_view secret, core::mailbox& answer_box,
                           const core::moment& now);

    password_outcome outcome() const noexcept { return outcome_; }
    /// If the outcome is yes: it is the secret from before the device's last rotation.
    bool is_previous() const noexcept { return matched_ == 1; }
    const char* reason() const noexcept { return scrypt_question::reason; }

  protected:
    ~password_check() = default;

    /// Called on the asker's worker, never from within `begin`, once the outcome is set.
    virtual void checked() noexcept = 0;

  private:
    void decided() noexcept final;
    password_outcome known(core::boot_time now);
    password_outcome ask(core::boot_time now);
    password_outcome refused(const char* why) noexcept;

    scrypt_pool* pool_ = nullptr;
    std::array<std::shared_ptr<const crypto::password_hash>, 2>
        forms_; ///< those that do not count are null
    std::array<core::fingerprint, 2> keys_{};
    std::size_t next_ = 0;    ///< index of the form that is being asked about
    std::size_t matched_ = 0; ///< index of the form that matches, if one does
    password_outcome outcome_ = password_outcome::undecided;
};

} // namespace latchkey::auth
