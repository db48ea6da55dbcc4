#include "server/process/node_checks.hpp"

#include <latchkey/core/text/rfc3339.hpp>

#include <algorithm>
#include <chrono>

namespace latchkey::server {

namespace {

constexpr core::seconds feed_late{3};
constexpr core::seconds clocks_apart{5};
constexpr core::seconds end_is_near = std::chrono::hours(24 * 14);
constexpr core::seconds fullness_lasts{10};
constexpr core::seconds loss_lasts = std::chrono::minutes(5);
constexpr core::seconds asking_lasts = std::chrono::hours(1);

std::string seconds_of(core::nanoseconds t) {
    return std::to_string(std::chrono::duration_cast<core::seconds>(t).count()) + " s";
}

} // namespace

api::check feed_check(core::nanoseconds age, core::nanoseconds interval) {
    if (age <= std::max<core::nanoseconds>(feed_late, 3 * interval)) return {"feed", true, ""};
    return {"feed", false, "the feed of changes is late by " + seconds_of(age), "FEED_LATE"};
}

api::check clock_check(const std::optional<core::nanoseconds>& offset) {
    if (!offset || std::chrono::abs(*offset) <= clocks_apart) return {"clock", true, ""};
    return {"clock", false,
            "the database's clock is " + seconds_of(std::chrono::abs(*offset)) +
                (*offset > core::nanoseconds(0) ? " ahead of" : " behind") + " this machine's",
            "CLOCK_DIFFERS"};
}

api::check certificate_check(core::real_time ends, core::real_time now) {
    const auto date = core::rfc3339_of(std::chrono::floor<core::seconds>(ends));
    if (ends <= now)
        return {"certificate", false, "the certificate ended at " + date, "CERTIFICATE_EXPIRED"};
    if (ends - now < end_is_near)
        return {"certificate", false, "the certificate ends at " + date, "CERTIFICATE_ENDS_SOON"};
    return {"certificate", true, ""};
}

api::check connections_check(const std::optional<core::boot_time>& full_at, std::size_t allowed,
                             core::boot_time now) {
    if (!full_at || now - *full_at > fullness_lasts) return {"connections", true, ""};
    return {"connections", false,
            "connections are refused: no more than " + std::to_string(allowed) +
                " can be open (server.connections_max, and the limit of descriptors)",
            "CONNECTIONS_FULL"};
}

api::check log_check(const std::optional<log_writer::loss>& lost, core::boot_time now) {
    if (!lost || now - lost->last > loss_lasts) return {"log", true, ""};
    api::check out{"log", false, "lines of the log were lost to a slow reader, or a full disk",
                   "LOG_LINES_DROPPED"};
    out.count = lost->lines;
    return out;
}

bool was_asked_lately(core::boot_time at, core::boot_time now) {
    return at != core::boot_time{} && now - at < asking_lasts;
}

api::check issuing_check(const std::string& why_not, bool is_wanted) {
    if (why_not.empty() || !is_wanted) return {"issuing", true, ""};
    return {"issuing", false, "no tokens can be issued here: " + why_not, "ISSUING_IMPOSSIBLE"};
}

} // namespace latchkey::server
