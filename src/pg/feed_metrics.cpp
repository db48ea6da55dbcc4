#include "feed_metrics.hpp"

#include <chrono>

namespace latchkey::pg {

void feed_metrics::applied(std::span<const core::real_time> committed_at,
                           core::real_time database_now, core::nanoseconds since) noexcept {
    for (const auto at : committed_at) {
        changes.add();
        lag.observe(std::chrono::duration<double>(database_now - at + since).count());
    }
}

void feed_metrics::collect(core::metric_sink& sink, core::nanoseconds age) const {
    connection.collect(sink);
    sink.add_gauge("auth_feed_age_seconds",
                   "Since the last applied poll of the feed of changes began.", {},
                   std::chrono::duration<double>(age).count());
    sink.add_histogram("auth_revocation_lag_seconds",
                       "From a change, as the database's clock saw it, to its being applied.", {},
                       lag);
    const auto count = [&](const char* name, const char* help, const core::counter& c) {
        sink.add_counter(name, help, {}, static_cast<double>(c.value()));
    };
    count("auth_feed_polls_total", "Polls of the feed that were applied.", polls);
    count("auth_feed_changes_total", "Rows of the feed that were applied.", changes);
    count("auth_feed_resets_total", "Times that everything cached was given up.", resets);
}

} // namespace latchkey::pg
