#pragma once
// Questions about tokens of our own that name a signing key which is not known. Another node may
// have made it just now: they wait for the feed of changes, which brings all keys there were when
// its poll began. That is done once in a while, since anybody can make such tokens up. Who joins a
// wait gets news of no earlier than it asked, so that nobody's forged token answers for it.

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/core/clock.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

/// Decides when they have waited for long enough, and sends them back. Lives on the control thread.
class own_signing_key_news {
  public:
    /// The feed polls each second, and a poll takes two at most.
    static constexpr core::seconds patience{3};
    /// After news that did not come, before others are waited for.
    static constexpr core::seconds pause{1};

    /// `cooldown`: after news that did.
    own_signing_key_news(std::string issuer_name, core::nanoseconds cooldown)
        : issuer_(std::move(issuer_name)), cooldown_(cooldown) {}

    bool concerns(std::string_view issuer_name) const noexcept { return issuer_ == issuer_name; }
    void asked(auth::jwks_inquiry&, core::boot_time now);
    /// Now and then. `freshness` of the feed.
    void tick(core::boot_time freshness, core::boot_time now);

    /// For the workers.
    std::shared_ptr<const auth::jwks_fetching> state() const noexcept { return state_; }

  private:
    std::string issuer_;
    core::nanoseconds cooldown_;
    std::shared_ptr<auth::jwks_fetching> state_ = std::make_shared<auth::jwks_fetching>();
    struct asker {
        auth::jwks_inquiry* inquiry;
        core::boot_time at;
    };
    core::boot_time began_{};    ///< of the wait that is under way
    std::vector<asker> waiting_; ///< in the order of their times
};

} // namespace latchkey::server
