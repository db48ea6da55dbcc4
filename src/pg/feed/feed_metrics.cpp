#include "pg/feed/feed_metrics.hpp"

#include "pg/feed/clock_offset.hpp"

#include <chrono>

namespace latchkey::pg {

void feed_metrics::applied(std::span<const core::real_time> committed_at,
                           core::real_time database_now, core::nanoseconds since) noexcept {
    lag_of.poll_ended(database_now, since);
    for (const auto at : committed_at) {
        changes.add();
        lag.observe(std::chrono::duration<double>(lag_of.of(at)).count());
    }
}

void feed_metrics::clock_read(core::real_time began, core::real_time database_now,
                              core::real_time ended) noexcept {
    clock_offset_us.set(pg::clock_offset(began, database_now, ended) / core::microseconds(1));
    has_clock.store(true, std::memory_order_release);
}

std::optional<core::nanoseconds> feed_metrics::clock_offset() const noexcept {
    if (!has_clock.load(std::memory_order_acquire)) return std::nullopt;
    return core::microseconds(clock_offset_us.value());
}

void feed_metrics::collect(core::metric_sink& sink, core::nanoseconds age) const {
    connection.collect(sink);
    sink.add_gauge("auth_feed_age_seconds",
                   "Since the last applied poll of the feed of changes began.", {},
                   std::chrono::duration<double>(age).count());
    sink.add_gauge("auth_clock_offset_seconds",
                   "The database's clock minus this machine's, at least, as the last poll saw it.",
                   {}, static_cast<double>(clock_offset_us.value()) / 1e6);
    sink.add_histogram("auth_revocation_lag_seconds",
                       "From the commit of a change to its being applied, at most.", {}, lag);
    const auto count = [&](const char* name, const char* help, const core::counter& c) {
        sink.add_counter(name, help, {}, static_cast<double>(c.value()));
    };
    count("auth_feed_polls_total", "Polls of the feed that were applied.", polls);
    count("auth_feed_changes_total", "Rows of the feed that were applied.", changes);
    count("auth_feed_resets_total", "Times that everything cached was given up.", resets);
    count("auth_feed_resumptions_total",
          "Times that the cache was kept though another database went on.", resumptions);
}

void collect_mirror(core::metric_sink& sink, const mirror_state& mirror) {
    const auto gauge = [&](const char* outcome, std::uint64_t elements) {
        sink.add_gauge("auth_mirror_unreadable_elements",
                       "Elements of organizations.api_keys that were not taken as they stand.",
                       {{"outcome", outcome}}, static_cast<double>(elements));
    };
    gauge("skipped", mirror.skipped);
    gauge("disabled", mirror.disabled);
}

void collect_audit(core::metric_sink& sink, const audit_state& audit) {
    sink.add_counter("auth_audit_failed_total",
                     "Changes past Latchkey whose record could not be written to the audit trail.",
                     {}, static_cast<double>(audit.failed));
}

} // namespace latchkey::pg
