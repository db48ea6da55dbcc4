#include "server/process/node_watch.hpp"

#include "server/process/health_codes.hpp"

#include <chrono>

namespace latchkey::server {

namespace {

std::int64_t seconds_of(core::nanoseconds time) {
    return std::chrono::duration_cast<core::seconds>(time).count();
}

} // namespace

void node_watch::look_at_clock() {
    const auto fell = core::watch_for_set_back(clock_);
    if (fell >= core::seconds(1))
        log_.warning("the real clock was set back", {{"seconds", seconds_of(fell)}});
}

void node_watch::look_at_cached_answers(const core::moment& now, const pg::change_feed& feed) {
    using news = cached_answers_watch::news;
    switch (cached_answers_.look(known_.feed_is_fresh(now), now.boot)) {
    case news::none:
        return;
    case news::ended:
        return log_.warning("cached answers have ended: what the database does not answer gets 503",
                            {{"code", "CACHED_ANSWERS_ENDED"},
                             {"reason", feed.problem()},
                             {"mend", health_code_named("CACHED_ANSWERS_ENDED")->mend}});
    case news::began_again:
        return log_.info("cached answers have begun again",
                         {{"after_seconds", seconds_of(cached_answers_.gap())}});
    }
}

} // namespace latchkey::server
