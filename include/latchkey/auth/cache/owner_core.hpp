#pragma once
// One worker's share of the node's state: the owners of all kinds of credential, and the mailbox
// through which the other workers reach them.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/cache/credential_owner.hpp>

#include <functional>
#include <type_traits>
#include <vector>

namespace latchkey::auth {

using api_key_cache = credential_cache<api_key_record>;
using api_key_owner = credential_owner<api_key_record>;
using api_key_inquiry = question<api_key_record>;
using device_cache = credential_cache<device_record>;
using device_owner = credential_owner<device_record>;
using device_inquiry = question<device_record>;

/// What a worker remembers to be revoked, though the database may not
/// (revocation/remembered_revocations.hpp).
struct withheld_credentials {
    const revocation_set& what;
    core::epochs::reader& reader; ///< the worker's

    bool have(credential_kind kind, std::string_view id, std::string_view organization) const {
        if (what.empty()) return false;
        const core::epochs::reader::pin pinned(reader);
        return what.names(kind, id, organization);
    }
};

/// Lives on its worker's thread; only `box().send` may be called on any thread.
class owner_core final : public change_target {
  public:
    owner_core(api_key_cache& of_keys, device_cache& of_devices, core::cache_shard& tokens,
               std::size_t index, const cache_configuration& settings, store& look_ups,
               std::function<void()> wake, withheld_credentials withheld)
        : api_keys(
              of_keys, index, settings,
              [&look_ups](api_key_lookup& l) { look_ups.find_api_key(l); },
              [withheld](const api_key_record& found) {
                  return !found.revoked() && found.enabled() && found.organization_enabled() &&
                         withheld.have(credential_kind::api_key, found.key_id(),
                                       found.organization_id());
              }),
          devices(
              of_devices, index, settings,
              [&look_ups](device_lookup& l) { look_ups.find_device(l); },
              [withheld](const device_record& found) {
                  const auto& facts = found.facts();
                  return !facts.revoked && facts.active && facts.organization_enabled &&
                         withheld.have(credential_kind::device, found.facts().device_id,
                                       found.organization_id());
              }),
          tokens_(tokens),
          look_ups_(look_ups),
          box_(std::move(wake)) {}

    api_key_owner api_keys;
    device_owner devices;

    /// Reclaims this shard's memory, too, on each tick.
    void keep(core::cache_shard& shard) { more_.push_back(&shard); }

    /// The owner for one kind of credential.
    template <class Record>
    credential_owner<Record>& of() noexcept {
        if constexpr (std::is_same_v<Record, device_record>)
            return devices;
        else
            return api_keys;
    }

    void api_key_changed(const core::fingerprint& key, std::uint64_t hash) noexcept override {
        api_keys.changed(key, hash);
    }
    void device_changed(const core::fingerprint& key, std::uint64_t hash) noexcept override {
        devices.changed(key, hash);
    }
    /// Called now and then: frees memory that no reader sees any more.
    void tick() noexcept {
        api_keys.tick();
        devices.tick();
        tokens_.reclaim();
        for (auto* shard : more_)
            shard->reclaim();
    }
    bool erase_some(std::size_t entries) noexcept override {
        const bool keys = api_keys.erase_some(entries);
        const bool of_devices = devices.erase_some(entries);
        return keys || of_devices;
    }
    core::mailbox& box() noexcept override { return box_; }
    /// The value of store::bulk_max() of the worker's store.
    std::size_t bulk_max() const noexcept { return look_ups_.bulk_max(); }

  private:
    core::cache_shard& tokens_;
    std::vector<core::cache_shard*> more_;
    const store& look_ups_;
    core::mailbox box_;
};

} // namespace latchkey::auth
