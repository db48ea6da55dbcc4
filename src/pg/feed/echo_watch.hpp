#pragma once
// Checks that notifications arrive at all: now and then the feed sends itself one. A LISTEN that is
// lost, behind a pooler for example, would look as if nothing changed. Decides only; the caller
// passes the time.

#include <latchkey/core/clock.hpp>

#include <optional>
#include <utility>

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
    enum class step {
        none,
        listen_again, ///< the last echo did not return in time; once for each
        hold_back,    ///< one is due; ask again soon
        send,         ///< one is due; send it and call `sent`
    };
    /// Says what to do now. `is_alone`: an echo that is sent now would not meet a poll.
    step next(core::steady_time now, bool is_alone) noexcept {
        if (sent_at_ && now - *sent_at_ >= patience) {
            sent_at_.reset();
            silent_ = true;
            return step::listen_again;
        }
        if (sent_at_ || now < next_) return step::none;
        return is_alone ? step::send : step::hold_back;
    }
    void sent(core::steady_time now) noexcept {
        sent_at_ = now;
        next_ = now + interval;
    }
    /// The echo could not be sent: its silence means nothing.
    void not_sent() noexcept { sent_at_.reset(); }
    /// Returns true if the one before had not returned.
    bool heard() noexcept {
        sent_at_.reset();
        return std::exchange(silent_, false);
    }
    /// The last echo did not return.
    bool is_silent() const noexcept { return silent_; }

  private:
    std::optional<core::steady_time> sent_at_;
    core::steady_time next_{};
    bool silent_ = false;
};

} // namespace latchkey::pg
