#pragma once
// Decides when the server begins to accept connections: once it is ready, or when it has waited
// long enough for that.

#include <latchkey/api/status_source.hpp>
#include <latchkey/core/clock.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace latchkey::server {

class readiness {
  public:
    /// The server has started. `at`: when it accepts although it is not ready.
    void accept_from(core::steady_time at) noexcept { accepts_at_ = at; }
    void look(api::process_status status, core::steady_time now) {
        ready_ = status.ready;
        why_not_ = std::move(status.reason);
        if (ready_) accepts_at_ = std::min(accepts_at_, now);
    }

    bool ready() const noexcept { return ready_; }
    /// Once it has accepted it goes on, ready or not.
    bool accepts(core::steady_time now) const noexcept { return now >= accepts_at_; }
    std::string text() const { return ready_ ? "ready" : "not ready: " + why_not_; }

  private:
    bool ready_ = false;
    std::string why_not_;
    core::steady_time accepts_at_ = core::steady_time::max();
};

} // namespace latchkey::server
