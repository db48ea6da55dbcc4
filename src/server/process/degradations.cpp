#include "server/process/degradations.hpp"

#include "server/process/health_codes.hpp"

#include <chrono>

namespace latchkey::server {

namespace {

bool is_logged_here(std::string_view code) {
    const auto* known = health_code_named(code);
    return !known || !known->logged_elsewhere;
}

} // namespace

// This thread alone changes what fails, so it may read it without the mutex.
void degradations::look(std::span<const api::check> checks, core::real_time now, bool tells) {
    for (const auto& check : checks) {
        const auto known = failing_.find(check.name);
        const bool is_known = known != failing_.end();
        if (check.good) {
            if (is_known) ends(check.name, now);
            continue;
        }
        const bool same = is_known && known->second.code == check.code;
        if (!same || (tells && !known->second.told)) begins(check, now, tells);
    }
}

void degradations::begins(const api::check& check, core::real_time now, bool tells) {
    {
        const std::lock_guard lock(mutex_);
        auto& entry = failing_[check.name];
        if (entry.code != check.code) entry = {check.code, now, false};
        entry.told = tells;
    }
    if (tells && is_logged_here(check.code))
        log_.warning("degraded", {{"check", check.name},
                                  {"code", check.code},
                                  {"detail", check.detail},
                                  {"mend", check.mend}});
}

void degradations::ends(const std::string& name, core::real_time now) {
    const auto was = failing_.find(name)->second;
    {
        const std::lock_guard lock(mutex_);
        failing_.erase(name);
    }
    if (was.told && is_logged_here(was.code))
        log_.info(
            "recovered",
            {{"check", name},
             {"code", was.code},
             {"seconds", std::chrono::duration_cast<core::seconds>(now - was.since).count()}});
}

void degradations::stamp(std::span<api::check> checks, core::real_time now) const {
    const std::lock_guard lock(mutex_);
    for (auto& check : checks) {
        if (check.good) continue;
        const auto known = failing_.find(check.name);
        const bool same = known != failing_.end() && known->second.code == check.code;
        check.since = same ? known->second.since : now;
    }
}

} // namespace latchkey::server
