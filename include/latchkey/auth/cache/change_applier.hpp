#pragma once
// Applies changes of credentials to the node's state.
//
// A change of an organization, or of everything, is a stamp that each hit compares
// (consistency.hpp): it takes effect at once, however many entries it concerns. Changes of single
// credentials go to their owner cores, which erase entries and taint flights a slice at a time, so
// that 100,000 of them delay no request.

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
    bool everything = false;                ///< no cached entry counts any more
    std::vector<std::string> organizations; ///< ids
    std::vector<core::fingerprint> api_keys;
    std::vector<core::fingerprint> devices; ///< SHA-256 of their ids
    /// Drops the known revocations before the ones below are applied.
    bool forget_revocations = false;
    /// How organizations are told apart; set with forget_revocations when that has changed.
    std::optional<organization_form> organization_ids;
    std::vector<revocation_change> revocations;
    std::optional<std::vector<signing_key>>
        signing_keys; ///< all that are not retired, if they changed
};

/// What the process does about our own signing keys. Called on the change_applier's thread.
class signing_key_sink {
  public:
    /// These count from now on: once it returns, no question is answered by others.
    virtual void signing_keys_changed(std::vector<signing_key>) = 0;

  protected:
    ~signing_key_sink() = default;
};

/// What an owner core does about a change. Called on its thread.
class change_target {
  public:
    virtual void api_key_changed(const core::fingerprint&, std::uint64_t hash) noexcept = 0;
    virtual void device_changed(const core::fingerprint&, std::uint64_t hash) noexcept = 0;
    /// Erases at most so many entries; returns false if none is left.
    virtual bool erase_some(std::size_t entries) noexcept = 0;
    virtual core::mailbox& box() noexcept = 0;

  protected:
    ~change_target() = default;
};

/// Takes changes.
class change_sink {
  public:
    /// Calls `applied` on the caller's thread once this process has applied the changes: no later
    /// question is answered without them.
    virtual void apply(const change_set&, std::function<void()> applied) = 0;
    /// How organizations are told apart, as far as that is known.
    virtual organization_form organization_ids() const { return organization_form::unknown; }

  protected:
    ~change_sink() = default;
};

/// Lives on one thread, that of `own_box`.
class change_applier final : public change_sink {
  public:
    static constexpr std::size_t slice = 256; ///< keys, or entries, per handler call

    /// `owner_cores` are in the order of the placement.
    change_applier(consistency& known, revocation_set& revocations, const core::placement& where,
                   std::vector<change_target*> owner_cores, core::mailbox& own_box)
        : known_(known),
          revocations_(revocations),
          where_(where),
          owner_cores_(std::move(owner_cores)),
          own_box_(own_box) {}

    /// Sets who is told of signing keys; null for nobody.
    void tell(signing_key_sink* sink) noexcept { signing_keys_ = sink; }
    /// Sets who is told how organizations are told apart; null for nobody.
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
