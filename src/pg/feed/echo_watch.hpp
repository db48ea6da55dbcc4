#pragma once
// Whether notifications arrive at all: the feed sends itself one now and then. A LISTEN that nobody
// keeps, behind a pooler for example, is silent, and that looks as if nothing happened. Decides;
// keeps no time of its own.

#include <latchkey/core/clock.hpp>

#include <optional>

namespace latchkey::pg {

class echo_watch {
  public:
    static constexpr core::seconds interval{10};
    static constexpr core::seconds patience{5};

    /// On a new connection: soon.
    void restart() noexcept {
        sent_at_.reset();
        next_ = {};
    }
    bool is_due(core::steady_time now) const noexcept { return !sent_at_ && now >= next_; }
    void sent(core::steady_time now) noexcept {
        sent_at_ = now;
        next_ = now + interval;
    }
    /// It could not be sent: its silence tells nothing.
    void not_sent() noexcept { sent_at_.reset(); }
    void heard() noexcept {
        sent_at_.reset();
        silent_ = false;
    }
    /// True once for each that did not come back in time: LISTEN has to be said again.
    bool is_missed(core::steady_time now) noexcept {
        if (!sent_at_ || now - *sent_at_ < patience) return false;
        sent_at_.reset();
        silent_ = true;
        return true;
    }
    /// The last one did not come back.
    bool is_silent() const noexcept { return silent_; }

  private:
    std::optional<core::steady_time> sent_at_;
    core::steady_time next_{};
    bool silent_ = false;
};

} // namespace latchkey::pg
