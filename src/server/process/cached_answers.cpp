#include "server/process/cached_answers.hpp"

#include <chrono>

namespace latchkey::server {

std::optional<core::nanoseconds> cached_answers_last(const core::moment& fresh,
                                                     const core::moment& now,
                                                     core::nanoseconds max_staleness) {
    if (fresh.boot == core::boot_time{}) return std::nullopt;
    const auto rest = max_staleness - age(fresh, now);
    return rest < core::nanoseconds(0) ? std::nullopt : std::optional(rest);
}

std::string sentence_of(const std::optional<core::nanoseconds>& rest) {
    if (!rest) return "cached answers have ended";
    const auto seconds = std::chrono::duration_cast<core::seconds>(*rest);
    return "cached answers end in " + std::to_string(seconds.count()) + " s";
}

cached_answers_watch::news cached_answers_watch::look(bool lasting, core::boot_time now) noexcept {
    if (lasting_ == lasting) return news::none;
    const bool begun = lasting_.has_value();
    if (!begun && !lasting) return news::none;
    lasting_ = lasting;
    if (!lasting) {
        ended_at_ = now;
        return news::ended;
    }
    gap_ = now - ended_at_;
    return begun ? news::began_again : news::none;
}

} // namespace latchkey::server
