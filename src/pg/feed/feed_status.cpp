#include "pg/feed/feed_status.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/pg/connection/database_problem.hpp>

#include <array>
#include <utility>

namespace latchkey::pg {

std::string find_warning(std::span<const feed_query* const> beside, bool is_silent, bool pooled) {
    for (const auto* q : beside)
        if (q->found_read_only())
            return "the database takes no changes, and what is known of it goes on being used: " +
                   q->complaint();
    for (const auto* q : beside)
        if (!q->complaint().empty())
            return "the database refuses " + std::string(q->what->name) + ": " + q->complaint();
    if (!is_silent) return {};
    return pooled ? "no notification arrives through the pooler: changes are obeyed at each poll, "
                    "within a second"
                  : "no notification arrives: changes are obeyed at each poll, within a second";
}

std::string feed_status::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

std::string feed_status::warning() const {
    const std::lock_guard lock(mutex_);
    return warning_;
}

std::string feed_status::uri_problem() const {
    const std::lock_guard lock(mutex_);
    return uri_problem_;
}

void feed_status::set_uri_problem(const std::string& why) {
    const std::lock_guard lock(mutex_);
    uri_problem_ = why.empty() ? "" : std::string(uri_unusable) + why;
}

mirror_state feed_status::mirror() const {
    const std::lock_guard lock(mutex_);
    return mirror_;
}

audit_state feed_status::audit() const {
    const std::lock_guard lock(mutex_);
    return audit_;
}

database_server feed_status::server() const {
    const std::lock_guard lock(mutex_);
    return server_.latest();
}

void feed_status::set_problem(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (problem_ != why)
        log_.write(level(), "the feed of changes cannot be read",
                   std::array{core::log_field("reason", why)});
    problem_ = why;
}

void feed_status::is_read() {
    const std::lock_guard lock(mutex_);
    if (problem_.empty()) return;
    log_.write(level(), "the feed of changes is read", {});
    was_read_ = true;
    problem_.clear();
}

void feed_status::set_warning(std::string found) {
    const std::lock_guard lock(mutex_);
    if (found == warning_) return;
    if (!found.empty()) log_.debug("the feed of changes is hampered", {{"reason", found}});
    if (found.empty()) log_.debug("the feed of changes is hampered no more");
    warning_ = std::move(found);
}

void feed_status::set_mirror(mirror_state counted) {
    const std::lock_guard lock(mutex_);
    mirror_ = std::move(counted);
}

void feed_status::set_audit(audit_state found) {
    const std::lock_guard lock(mutex_);
    const auto reason = found.problem(core::moment::now().real);
    const bool is_news = found.failed > audit_.failed || found.wrong != audit_.wrong;
    if (is_news && !reason.empty())
        log_.warning("changes are not in the audit trail",
                     {{"reason", reason}, {"failed", std::to_string(found.failed)}});
    audit_ = std::move(found);
}

void feed_status::answered(server_place place, const database_identity& identity) {
    const std::lock_guard lock(mutex_);
    if (!server_.answered(std::move(place), identity, core::moment::now().real)) return;
    const auto& now = server_.latest();
    log_.info("the feed of changes is read from this server",
              {{"host", now.host},
               {"port", now.port},
               {"database", now.name},
               {"system_identifier", now.system_identifier},
               {"timeline", now.timeline}});
}

void feed_status::lost(std::string_view why) {
    const std::lock_guard lock(mutex_);
    server_.lost(std::string(why), core::moment::now().real);
    log_.warning("changes may have been missed: the cache is emptied", {{"reason", why}});
}

} // namespace latchkey::pg
