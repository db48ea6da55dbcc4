#include "server/process/supervision.hpp"

#include <unistd.h>

#include <cstdlib>

namespace latchkey::server {

namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

} // namespace

supervision::supervision()
    : manager_(variable("NOTIFY_SOCKET")),
      notice_(watchdog_limit(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), ::getpid())) {}

void supervision::tick(core::steady_time now, bool ready, std::string_view status,
                       std::span<const std::unique_ptr<worker>> workers) {
    turns_.clear();
    for (const auto& w : workers)
        turns_.push_back(w->last_turn());
    manager_.tell(notice_.tick(now, ready, status, turns_));
}

} // namespace latchkey::server
