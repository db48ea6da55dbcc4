#pragma once
// One worker's share of what the process believes: the homes of all kinds of credential, and the
// mailbox through which the other workers reach them.

#include <latchkey/auth/change_applier.hpp>
#include <latchkey/auth/credential_home.hpp>

#include <functional>

namespace latchkey::auth {

using api_key_cache = credential_cache<api_key_record>;
using api_key_home = credential_home<api_key_record>;
using api_key_inquiry = question<api_key_record>;

/// Lives on its worker's thread, but for `box().send`.
class home_core final : public change_target {
  public:
    home_core(api_key_cache& keys, core::cache_shard& tokens, std::size_t index,
              const cache_configuration& settings, store& look_ups, std::function<void()> wake)
        : api_keys(keys, index, settings,
                   [&look_ups](api_key_lookup& l) { look_ups.find_api_key(l); }),
          tokens_(tokens),
          box_(std::move(wake)) {}

    api_key_home api_keys;

    void api_key_changed(const core::fingerprint& key, std::uint64_t hash) noexcept override {
        api_keys.changed(key, hash);
    }
    /// Now and then.
    void tick() noexcept {
        api_keys.tick();
        tokens_.reclaim();
    }
    bool erase_some(std::size_t entries) noexcept override { return api_keys.erase_some(entries); }
    core::mailbox& box() noexcept override { return box_; }

  private:
    core::cache_shard& tokens_;
    core::mailbox box_;
};

} // namespace latchkey::auth
