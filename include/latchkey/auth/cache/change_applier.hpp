#pragma once
// Takes changes of credentials to everything that this process believes.
//
// A change of an organization, and of everything, is a stamp that each hit compares
// (consistency.hpp): applied at once, whatever hangs on it. Changes of single keys go to their home
// cores, which take entries away and taint flights a slice at a time, so that 100,000 of them hold
// no request up.

#include <latchkey/auth/cache/consistency.hpp>
#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/auth/token/signing_key.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/cache/placement.hpp>
#include <latchkey/core/mailbox.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

class issuer_directory;

struct change_set {
    bool everything = false;                ///< whatever is cached counts no more
    std::vector<std::string> organizations; ///< ids
    std::vector<core::fingerprint> api_keys;
    std::vector<core::fingerprint> devices; ///< the SHA-256 of their ids
    bool forget_revocations = false; ///< before the ones below: those known so far hold no more
    std::optional<organization_form>
        organization_ids; ///< how they are told apart; with forget_revocations where that is new
    std::vector<revocation_change> revocations;
    std::optional<std::vector<signing_key>>
        signing_keys; ///< all that are not retired, when changed
};

/// What the process does about our own signing keys. On the thread of the change_applier.
class signing_key_sink {
  public:
    /// From now on these count: once it returns, no question is answered by others.
    virtual void signing_keys_changed(std::vector<signing_key>) = 0;

  protected:
    ~signing_key_sink() = default;
};

/// What a home core does about a change. On its thread.
class change_target {
  public:
    virtual void api_key_changed(const core::fingerprint&, std::uint64_t hash) noexcept = 0;
    virtual void device_changed(const core::fingerprint&, std::uint64_t hash) noexcept = 0;
    /// False: none is left.
    virtual bool erase_some(std::size_t entries) noexcept = 0;
    virtual core::mailbox& box() noexcept = 0;

  protected:
    ~change_target() = default;
};

/// Where changes are told.
class change_sink {
  public:
    /// `applied` is called on the caller's thread once this process obeys: from then on no question
    /// is answered as if the changes had not been.
    virtual void apply(const change_set&, std::function<void()> applied) = 0;
    /// How organizations are told apart, as far as that is known.
    virtual organization_form organization_ids() const { return organization_form::unknown; }

  protected:
    ~change_sink() = default;
};

/// Lives on one thread, the one of `own_box`.
class change_applier final : public change_sink {
  public:
    static constexpr std::size_t slice = 256; ///< keys, or entries, between two other handlers

    /// `homes` in the order of the placement.
    change_applier(consistency& known, revocation_set& revocations, const core::placement& where,
                   std::vector<change_target*> owner_cores, core::mailbox& own_box)
        : known_(known),
          revocations_(revocations),
          where_(where),
          owner_cores_(std::move(owner_cores)),
          own_box_(own_box) {}

    /// Who is told of signing keys; null: nobody.
    void tell(signing_key_sink* sink) noexcept { signing_keys_ = sink; }
    /// Who is told how organizations are told apart; null: nobody.
    void tell(issuer_directory* issuers) noexcept { issuers_ = issuers; }

    void apply(const change_set&, std::function<void()> applied) override;
    organization_form organization_ids() const override { return revocations_.organization_ids(); }

  private:
    struct application;
    struct part;

    consistency& known_;
    revocation_set& revocations_;
    signing_key_sink* signing_keys_ = nullptr;
    issuer_directory* issuers_ = nullptr;
    core::placement where_;
    std::vector<change_target*> owner_cores_;
    core::mailbox& own_box_;
};

} // namespace latchkey::auth
