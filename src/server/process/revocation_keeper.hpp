#pragma once
// Looks after the set of revocations: frees what has expired, and decides when the feed must read
// all revocations again.

#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>

namespace latchkey::server {

/// Lives on the control thread.
class revocation_keeper {
  public:
    static constexpr core::seconds prune_interval{60};

    revocation_keeper(auth::revocation_set& set, core::logger& log) : set_(set), log_(log) {}

    void set_token_lives(auth::token_lives);
    /// To be called each second. Logs once when the set stops being whole, and when it is again.
    void tick(core::steady_time at, core::real_time now);

    /// Revocations may be missing in the set, and reading all of them would bring them back.
    bool needs_all() const noexcept { return needs_all_; }
    /// All are being read.
    void all_are_asked_for() noexcept { needs_all_ = false; }

  private:
    void tell();

    auth::revocation_set& set_;
    core::logger& log_;
    core::steady_time pruned_at_{};
    bool needs_all_ = false;
    bool was_whole_ = true; ///< as was logged last
};

} // namespace latchkey::server
