#pragma once
// One reload at a time: reads the configuration off the control thread, then has it applied on it.

#include "server/settings/loaded_configuration.hpp"
#include "server/settings/reload.hpp"

#include <latchkey/auth/device/slow_work.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>

#include <atomic>
#include <functional>
#include <vector>

namespace latchkey::server {

/// Lives on the control thread, but for what says otherwise. Who asks while one is being read gets
/// the next: what was read may be older than what was asked for.
class reloader {
  public:
    using outcome = core::result<reload_report>;
    using done = std::function<void(const outcome&)>;
    struct surroundings {
        configuration_reader read;
        auth::slow_work elsewhere;
        /// Obeys it, or changes nothing and says why.
        std::function<outcome(loaded_configuration)> apply;
        std::function<void(bool begins)> tell_manager;
        core::logger& log;
    };
    /// `loaded_at`: when the configuration of the start was read.
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
    std::vector<done> served_; ///< by the reload under way
    bool under_way_ = false;

    core::counter applied_;
    core::counter refused_;
    std::atomic<bool> last_succeeded_{true};
    std::atomic<core::real_time::rep> succeeded_at_;
};

} // namespace latchkey::server
