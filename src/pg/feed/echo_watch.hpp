#pragma once
// Checks that notifications arrive at all: now and then the feed sends itself one. A LISTEN that is
// lost, behind a pooler for example, would look as if nothing changed. Decides only; the caller
// passes the time.

#include <latchkey/core/clock.hpp>

#include <optional>

namespace latchkey::pg {

class echo_watch {
  public:
    static constexpr core::seconds interval{10};
    static constexpr core::seconds patience{5};

    /// For a new connection: the next echo is due at once.
    void restart() noexcept {
        sent_at_.reset();
        next_ = {};
    }
    bool is_due(core::steady_time now) const noexcept { return !sent_at_ && now >= next_; }
    void sent(core::steady_time now) noexcept {
        sent_at_ = now;
        next_ = now + interval;
    }
    /// The echo could not be sent: its silence means nothing.
    void not_sent() noexcept { sent_at_.reset(); }
    void heard() noexcept {
        sent_at_.reset();
        silent_ = false;
    }
    /// Returns true once for each echo that did not return in time: LISTEN must be repeated.
    bool is_missed(core::steady_time now) noexcept {
        if (!sent_at_ || now - *sent_at_ < patience) return false;
        sent_at_.reset();
        silent_ = true;
        return true;
    }
    /// The last echo did not return.
    bool is_silent() const noexcept { return silent_; }

  private:
    std::optional<core::steady_time> sent_at_;
    core::steady_time next_{};
    bool silent_ = false;
};

} // namespace latchkey::pg
