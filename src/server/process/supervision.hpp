#pragma once

#include "server/process/service_manager.hpp"
#include "server/process/worker.hpp"

#include <latchkey/core/clock.hpp>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// Tells the service manager how the process fares, if there is one: the environment says so.
class supervision {
  public:
    supervision();

    /// To be called each tick.
    void tick(core::steady_time now, bool ready, std::string_view status,
              std::span<const std::unique_ptr<worker>> workers);
    void reload_begins(core::steady_time now) { manager_.tell(notice_.reloading(now)); }
    void reload_ended() { manager_.tell(notice_.reloaded()); }
    void stopping() { manager_.tell(notice_.stopping()); }

  private:
    service_manager manager_;
    service_notice notice_;
    std::vector<core::steady_time> turns_; ///< last turns of the workers' loops
};

} // namespace latchkey::server
