#pragma once
// The end of a credential that its holder asks for: it travels from the worker that has verified
// the credential to the control thread, which writes it as an operator's revocation is written, and
// back.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/operator_request.hpp>
#include <latchkey/auth/revocation/revoke_tokens.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/core/mailbox.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace latchkey::auth {

class self_revocation_desk;

/// The asker owns it and keeps it until `decided`.
class self_revocation : public core::mail {
  public:
    // --- set by the asker ---
    std::optional<std::string> key_id; ///< of an API key; otherwise `token` counts
    token_revocation_request token;
    operator_request by;

    /// Nullopt: it is revoked, and this node obeys that.
    std::optional<core::failure> failed;

    /// Called on the asker's worker, never from within `ask`.
    virtual void decided() noexcept = 0;

    void arrived() noexcept final;

    // --- set when it is sent ---
    self_revocation_desk* desk = nullptr; ///< on the way there
    core::mailbox* answer_box = nullptr;  ///< on the way back

  protected:
    ~self_revocation() = default;
};

/// Lives on the control thread.
class self_revocation_desk {
  public:
    /// Writes under way, of all workers: they wait in one queue with those of operators, which must
    /// not wait for strangers.
    static constexpr std::size_t under_way_max = 32;

    self_revocation_desk(core::mailbox& box, lifecycle_store& store, revocation_store& revocations,
                         change_sink& changes, const issuer_directory& issuers,
                         std::string own_issuer)
        : box_(box),
          store_(store),
          revocations_(revocations),
          changes_(changes),
          issuers_(issuers),
          own_issuer_(std::move(own_issuer)) {}

    /// Any thread. `answer_box` must be that of the thread that asks.
    void ask(self_revocation& asked, core::mailbox& answer_box) noexcept {
        asked.desk = this;
        asked.answer_box = &answer_box;
        box_.send(asked);
    }

    /// Always sends the request back; as `unavailable` if too many are under way.
    void arrived(self_revocation&) noexcept;

  private:
    core::mailbox& box_;
    lifecycle_store& store_;
    revocation_store& revocations_;
    change_sink& changes_;
    const issuer_directory& issuers_;
    const std::string own_issuer_;
    std::size_t under_way_ = 0;
};

} // namespace latchkey::auth
