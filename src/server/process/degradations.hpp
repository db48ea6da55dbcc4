#pragma once
// Remembers since when each check fails, and logs each change once, with what to do about it.

#include <latchkey/api/status_source.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::server {

class degradations {
  public:
    explicit degradations(core::logger& log) : log_(log) {}

    /// To be called each second, on one thread. `tells`: false while the server still starts, and
    /// what is missing is not yet news.
    void look(std::span<const api::check>, core::real_time now, bool tells);
    /// Any thread. Sets since when the failing ones fail; what has just begun to fail does since
    /// `now`.
    void stamp(std::span<api::check>, core::real_time now) const;

  private:
    struct failing {
        std::string_view code;
        core::real_time since;
        bool told;
    };
    void begins(const api::check&, core::real_time now, bool tells);
    void ends(const std::string& name, core::real_time now);

    core::logger& log_;
    mutable std::mutex mutex_;
    std::map<std::string, failing, std::less<>> failing_; ///< by the check; guarded by the mutex
};

} // namespace latchkey::server
