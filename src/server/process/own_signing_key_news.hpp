#pragma once
// Lets tokens of our own with an unknown signing key wait for news. Another node may have just made
// the key, and a poll of the feed of changes brings all keys that existed when it began. Such waits
// happen only once in a while, because anybody can forge such tokens. Each inquiry waits for a poll
// that began after it was asked, so that an earlier forged token cannot decide it.

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/core/clock.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

/// Decides when inquiries have waited long enough, and sends them back. Lives on the control
/// thread.
class own_signing_key_news {
  public:
    /// The feed polls each second, and a poll takes at most two.
    static constexpr core::seconds patience{3};
    /// After a wait without news, time until the next wait.
    static constexpr core::seconds pause{1};

    /// `cooldown`: time until the next wait after one that brought news.
    own_signing_key_news(std::string issuer_name, core::nanoseconds cooldown)
        : issuer_(std::move(issuer_name)), cooldown_(cooldown) {}

    bool concerns(std::string_view issuer_name) const noexcept { return issuer_ == issuer_name; }
    void asked(auth::jwks_inquiry&, core::boot_time now);
    /// To be called now and then. `freshness`: when the last applied poll of the feed began.
    void tick(core::boot_time freshness, core::boot_time now);

    /// The state that workers read.
    std::shared_ptr<const auth::jwks_fetching> state() const noexcept { return state_; }

  private:
    std::string issuer_;
    core::nanoseconds cooldown_;
    std::shared_ptr<auth::jwks_fetching> state_ = std::make_shared<auth::jwks_fetching>();
    struct asker {
        auth::jwks_inquiry* inquiry;
        core::boot_time at;
    };
    core::boot_time began_{};    ///< start of the wait that is under way
    std::vector<asker> waiting_; ///< ordered by time
};

} // namespace latchkey::server
