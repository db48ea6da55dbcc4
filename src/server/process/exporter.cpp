#include "server/process/exporter.hpp"

#include "server/cli/commands.hpp"
#include "server/process/cached_answers.hpp"
#include "server/process/health_codes.hpp"
#include "server/process/node_checks.hpp"

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace latchkey::server {

namespace {

// {"database":{"status":"failing","code":…,"detail":…},…}
std::string details_of(const std::vector<api::check>& checks) {
    std::string out = "{";
    for (const auto& check : checks) {
        if (out.size() > 1) out += ',';
        core::append_json_string(out, check.name);
        out += check.good ? R"(:{"status":"ok")" : R"(:{"status":"failing","code":)";
        if (!check.good) {
            core::append_json_string(out, check.code);
            out += R"(,"detail":)";
            core::append_json_string(out, check.detail);
            out += R"(,"mend":)";
            core::append_json_string(out, check.mend);
            if (check.since) {
                out += R"(,"since":)";
                core::append_rfc3339(out, std::chrono::floor<core::seconds>(*check.since));
            }
            if (check.count) out += R"(,"count":)" + std::to_string(*check.count);
        }
        out += '}';
    }
    return out + '}';
}

std::string_view code_of(pg::database_problem what) {
    using enum pg::database_problem;
    return what == not_migrated    ? "DATABASE_NOT_MIGRATED"
           : what == right_missing ? "DATABASE_RIGHT_MISSING"
           : what == uri_unusable  ? "DATABASE_URI_UNUSABLE"
                                   : "DATABASE_UNUSABLE";
}

// Whether `a` says more of the database than `b`.
bool is_worse(const pg::database_status& a, const pg::database_status& b) {
    if (a.problem.empty() || b.problem.empty()) return b.problem.empty() && !a.problem.empty();
    if (a.reachable != b.reachable) return !a.reachable;
    return b.what == pg::database_problem::uri_unusable && a.what != b.what;
}

} // namespace

exporter::exporter(std::string node, log_writer& log, core::real_time started,
                   core::nanoseconds feed_interval)
    : process(started),
      node_(std::move(node)),
      log_(log),
      feed_interval_(feed_interval),
      degraded_(log) {}

std::string_view exporter::version() const {
    return server::version();
}

// Returns the worst state of all workers, because a request may meet any of them.
pg::database_status exporter::database() const {
    pg::database_status worst{true, true, feed_->uri_problem()};
    if (!worst.problem.empty()) worst.what = pg::database_problem::uri_unusable;
    bool contacted = true;
    for (const auto& w : workers_) {
        auto s = w->database();
        contacted = contacted && s.contacted;
        if (is_worse(s, worst)) worst = std::move(s);
    }
    worst.contacted = contacted;
    return worst;
}

// A changed address that does not work keeps no look-up from its answer.
std::string exporter::database_problem() const {
    auto db = database();
    return db.what == pg::database_problem::uri_unusable ? std::string() : std::move(db.problem);
}

api::check exporter::feed() const {
    const auto freshness = known_->freshness();
    const auto rest = cached_answers_last(freshness, core::moment::now(), known_->max_staleness());
    const auto problem = feed_->problem();
    // Before the first poll there were no cached answers that could end.
    const bool begun = freshness.boot != core::boot_time{};
    const auto and_so = begun && rest ? "; " + sentence_of(rest) : std::string();
    if (!problem.empty()) return {"feed", false, problem + and_so, "FEED_UNREADABLE"};
    if (!begun) return {"feed", false, "the feed of changes is late", "FEED_LATE"};
    auto out = feed_check(age(freshness, core::moment::now()), feed_interval_);
    if (!out.good) out.detail += and_so;
    return out;
}

api::check exporter::cached_answers() const {
    const auto freshness = known_->freshness();
    const bool begun = freshness.boot != core::boot_time{};
    if (!begun || cached_answers_last(freshness, core::moment::now(), known_->max_staleness()))
        return {"cached_answers", true, ""};
    return {"cached_answers", false,
            "cached answers have ended: what the database does not answer gets 503",
            "CACHED_ANSWERS_ENDED"};
}

api::check exporter::mirror() const {
    const auto unreadable = feed_->mirror().unreadable();
    if (unreadable == 0) return {"mirror", true, ""};
    api::check out{"mirror", false,
                   "elements of organizations.api_keys were skipped or are disabled, since they "
                   "cannot be read: latchkey status names the first ones",
                   "ELEMENTS_NOT_TAKEN"};
    out.count = unreadable;
    return out;
}

api::check exporter::audit() const {
    const auto state = feed_->audit();
    const auto problem = state.problem(core::moment::now().real);
    if (problem.empty()) return {"audit", true, ""};
    api::check out{"audit", false, problem, "CHANGES_NOT_RECORDED"};
    out.count = state.failed;
    return out;
}

// A feed that has been silent for less than the bound leaves the process ready, because cached
// answers may still be used.
api::process_status exporter::status() const {
    const auto db = database();
    api::process_status out;
    const auto feed_check = feed();
    const bool believable = known_->feed_is_fresh(core::moment::now());
    out.ready = db.contacted && believable && !draining.load(std::memory_order_relaxed);
    const auto because = [&](const std::string& reason, std::string_view state) {
        out.reason = reason;
        out.state = state;
    };
    if (!believable)
        because(feed_check.detail, "changes in the database have not been heard of lately; the log "
                                   "and latchkey status say why");
    if (!db.contacted)
        because(db.problem, "the database has not been reached, or cannot be used; the log and "
                            "latchkey status say why");
    if (draining.load(std::memory_order_relaxed))
        because("the server is shutting down", "the server is shutting down");
    out.checks = checks();
    degraded_.stamp(out.checks, core::moment::now().real);
    return out;
}

std::vector<api::check> exporter::checks() const {
    const auto db = database();
    std::vector<api::check> out;
    out.push_back({"database", db.problem.empty(), db.problem, code_of(db.what)});
    out.push_back(feed());
    out.push_back(cached_answers());
    const auto warning = feed_->warning();
    out.push_back({"feed_work", warning.empty(), warning, "FEED_HAMPERED"});
    out.push_back(clock_check(feed_->clock_offset()));
    out.push_back(mirror());
    out.push_back(audit());
    out.push_back(log_check(log_.lost(), core::boot_clock::now()));
    if (more_checks_)
        for (auto& check : more_checks_())
            out.push_back(std::move(check));
    for (auto& check : out) {
        const auto* known = check.good ? nullptr : health_code_named(check.code);
        if (known) check.mend = known->mend;
    }
    return out;
}

void exporter::collect_health(core::metric_sink& sink) const {
    const auto now = status();
    sink.add_gauge("auth_ready", "1 while /readyz answers 200.", {}, now.ready ? 1 : 0);
    for (const auto& one : health_codes) {
        const auto fails = [&](const api::check& c) { return !c.good && c.code == one.code; };
        sink.add_gauge("auth_degraded", "1 while /health has a failing check with this code.",
                       {{"code", one.code}}, std::ranges::any_of(now.checks, fails) ? 1 : 0);
    }
    const auto rest =
        cached_answers_last(known_->freshness(), core::moment::now(), known_->max_staleness());
    sink.add_gauge("auth_cached_answers_end_seconds",
                   "How long cached answers last if no further poll of the feed succeeds; 0: they "
                   "have ended.",
                   {}, std::chrono::duration<double>(rest.value_or(core::nanoseconds(0))).count());
}

void exporter::sample_traffic(core::steady_time now) {
    traffic_totals totals;
    for (const auto& w : workers_)
        w->add_to(totals);
    traffic_.add(totals, now);
}

void exporter::write_metrics(api::metrics_request& asked, core::mailbox& back) const {
    const auto write = [this, &asked, &back] {
        asked.page = metrics(asked.openmetrics);
        back.send(asked);
    };
    if (!pages_.run(write)) back.send(asked);
}

std::string exporter::metrics(bool openmetrics) const {
    core::metric_sink sink;
    for (const auto& w : workers_)
        w->collect(sink);
    if (collect_control_) collect_control_(sink);
    process.collect(sink);
    log_.collect(sink);
    collect_health(sink);
    sink.add_gauge("auth_build_info", "Always 1; the version is in the label.",
                   {{"version", server::version()}}, 1);
    return openmetrics ? sink.openmetrics() : sink.prometheus();
}

void exporter::set_exposures(std::vector<std::string> sentences) {
    const std::lock_guard lock(mutex_);
    exposures_ = std::move(sentences);
}

std::vector<std::string> exporter::exposures() const {
    const std::lock_guard lock(mutex_);
    return exposures_;
}

// {"age_seconds":0.412,"cached_answers":"cached answers end in 59 s","cached_answers_seconds":59,…}
std::string exporter::feed_details() const {
    const auto now = core::moment::now();
    const auto freshness = known_->freshness();
    const auto rest = cached_answers_last(freshness, now, known_->max_staleness());
    std::string out = R"({"age_seconds":)";
    if (freshness.boot == core::boot_time{}) {
        out += "null";
    } else {
        const auto ms = std::chrono::duration_cast<core::milliseconds>(age(freshness, now)).count();
        const auto thousandths = std::to_string(1000 + ms % 1000);
        out += std::to_string(ms / 1000) + '.' + thousandths.substr(1);
    }
    out += R"(,"cached_answers":)";
    core::append_json_string(out, sentence_of(rest));
    out += R"(,"cached_answers_seconds":)";
    out += std::to_string(
        std::chrono::duration_cast<core::seconds>(rest.value_or(core::nanoseconds(0))).count());
    const auto server = server_ ? server_() : pg::database_server();
    if (server.last_reset) {
        out += R"(,"last_reset":{"at":)";
        core::append_rfc3339(out, std::chrono::floor<core::seconds>(server.last_reset->at));
        out += R"(,"why":)";
        core::append_json_string(out, server.last_reset->why);
        out += '}';
    }
    return out + '}';
}

// {"reachable":true,"host":…,"port":…,"system_identifier":…,"timeline":1,"since":…}
std::string exporter::database_details() const {
    const auto db = database();
    std::string out = db.reachable ? R"({"reachable":true)" : R"({"reachable":false,"reason":)";
    if (!db.reachable) core::append_json_string(out, db.problem);
    const auto server = server_ ? server_() : pg::database_server();
    const auto text = [&](const char* name, const std::string& value) {
        if (value.empty()) return;
        out += name;
        core::append_json_string(out, value);
    };
    text(R"(,"host":)", server.host);
    text(R"(,"port":)", server.port);
    text(R"(,"name":)", server.name);
    text(R"(,"system_identifier":)", server.system_identifier);
    if (server.timeline != 0) out += R"(,"timeline":)" + std::to_string(server.timeline);
    if (server.since) {
        out += R"(,"since":)";
        core::append_rfc3339(out, std::chrono::floor<core::seconds>(*server.since));
    }
    if (const auto offset = feed_->clock_offset())
        out += R"(,"clock_ahead_ms":)" + std::to_string(*offset / core::milliseconds(1));
    out += R"(,"lookups":)" + traffic_.lookups_json();
    return out + '}';
}

std::string exporter::findings() const {
    return examined_ ? examined_() : status_source::findings();
}

std::string exporter::details() const {
    const auto now = std::chrono::system_clock::now();
    const auto current = status();
    std::size_t connections = 0;
    std::string by_worker;
    for (const auto& w : workers_) {
        const auto n = w->connections();
        connections += n;
        by_worker += (by_worker.empty() ? "" : ",") + std::to_string(n);
    }

    std::string out = R"({"version":)";
    core::append_json_string(out, server::version());
    out += R"(,"node":)";
    core::append_json_string(out, node_);
    out += R"(,"pid":)" + std::to_string(::getpid());
    out += R"(,"started_at":)";
    core::append_rfc3339(out, std::chrono::floor<core::seconds>(process.started()));
    const auto up = std::chrono::duration_cast<core::seconds>(now - process.started());
    out += R"(,"uptime_seconds":)" + std::to_string(up.count());
    out += current.ready ? R"(,"ready":true)" : R"(,"ready":false,"reason":)";
    if (!current.ready) core::append_json_string(out, current.reason);
    out +=
        draining.load(std::memory_order_relaxed) ? R"(,"draining":true)" : R"(,"draining":false)";
    out += R"(,"checks":)" + details_of(current.checks);
    out += R"(,"workers":)" + std::to_string(workers_.size());
    out += R"(,"connections":)" + std::to_string(connections);
    out += R"(,"connections_by_worker":[)" + by_worker + "]";
    out += R"(,"resident_bytes":)" + std::to_string(process.resident_bytes());
    const auto array = feed_->mirror();
    out += R"(,"mirror":{"skipped":)" + std::to_string(array.skipped);
    out += R"(,"disabled":)" + std::to_string(array.disabled);
    out += R"(,"renamed":)" + std::to_string(array.renamed);
    out += R"(,"first":)" + array.first + '}';
    out += R"(,"traffic":)" + traffic_.json();
    out += R"(,"database":)" + database_details();
    out += R"(,"feed":)" + feed_details();
    if (more_details_) out += more_details_();
    out += R"(,"examined":)" + findings();
    core::append_member(out, R"(,"warnings":)", exposures());
    core::append_member(out, R"(,"findings":)",
                        findings_ ? findings_() : std::vector<std::string>());
    out += '}';
    return out;
}

} // namespace latchkey::server
