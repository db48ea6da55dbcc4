#pragma once
// Runs one reload at a time: reads the configuration on another thread, then applies it on the
// control thread.

#include "server/settings/loaded_configuration.hpp"
#include "server/settings/reload.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/slow_work.hpp>

#include <atomic>
#include <functional>
#include <vector>

namespace latchkey::server {

/// Lives on the control thread, except for what says otherwise. A request that comes during a
/// reload is served by the next one, because the files may have been read before they were changed.
class reloader {
  public:
    using outcome = core::result<reload_report>;
    using done = std::function<void(const outcome&)>;
    struct surroundings {
        /// What it returns is called on another thread.
        std::function<configuration_reader()> reader;
        core::slow_work elsewhere;
        /// Applies the configuration, or changes nothing and returns the reason.
        std::function<outcome(loaded_configuration)> apply;
        std::function<void(bool begins)> tell_manager;
        core::logger& log;
    };
    /// `loaded_at`: when the configuration was read at the start.
    reloader(surroundings, core::real_time loaded_at);

    void ask(done);

    // --- any thread ---
    void collect(core::metric_sink&) const;

  private:
    void begin();
    void ended(core::result<loaded_configuration>);
    void log(const outcome&) const;

    surroundings around_;
    std::vector<done> waiting_;
    std::vector<done> served_; ///< callers of the reload under way
    bool under_way_ = false;

    core::counter applied_;
    core::counter refused_;
    std::atomic<bool> last_succeeded_{true};
    std::atomic<core::real_time::rep> succeeded_at_;
};

} // namespace latchkey::server
