#pragma once
// The running server's examinations of itself: soon after the start and then at intervals.

#include "server/doctor/examine.hpp"
#include "server/doctor/finding.hpp"
#include "server/process/slow_worker.hpp"

#include <latchkey/api/status_source.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::server {

/// Lives on the control thread, except for what says otherwise. The examinations run on a thread of
/// their own, so that one that waits for something keeps nothing else waiting.
class findings_watch {
  public:
    /// What an examination begins with, asked on the control thread.
    using beginning = std::function<examination()>;

    findings_watch(boost::asio::io_context& loop, core::logger& log, beginning begin)
        : log_(log), begin_(std::move(begin)), thread_(loop) {}

    /// Begins an examination if one is due and none is under way.
    void tick(core::steady_time now, const configuration&);
    /// What was found may have changed: the next examination begins with the next tick, or once the
    /// one under way has ended. The first one is not hurried.
    void look_again() {
        if (under_way_ || checked_at_) next_ = core::steady_time{};
    }
    /// Ends an examination that is under way, as soon as it can.
    void stop();

    // --- any thread ---
    /// {"checked_at":…,"findings":[…]}
    std::string json() const;
    /// Good while nothing is worse than a warning.
    api::check check() const;
    void collect(core::metric_sink&) const;

  private:
    void ended(std::vector<finding>, core::real_time);
    void log_new_ones(const std::vector<finding>&);

    core::logger& log_;
    const beginning begin_;
    std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
    slow_worker thread_;
    std::optional<core::steady_time> next_;
    bool under_way_ = false;

    mutable std::mutex mutex_; ///< guards the next two
    std::vector<finding> found_;
    std::optional<core::real_time> checked_at_;
};

} // namespace latchkey::server
