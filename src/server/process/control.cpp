#include "server/process/control.hpp"

#include "server/cli/commands.hpp"
#include "server/process/process_sampler.hpp"
#include "server/settings/exposure.hpp"

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/http/start_session.hpp>
#include <latchkey/http/turn_away.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

namespace latchkey::server {

namespace {

constexpr core::seconds sample_interval{1};
constexpr core::seconds prune_interval{60};
// When the server drains, time that an idle connection has for a request that is on its way.
constexpr core::milliseconds idle_grace{500};

// The issuer of our own tokens stays as it was at the start, so no other issuer may take its name.
std::optional<core::failure> find_own(const loaded_issuers& issuers, const std::string& own) {
    for (const auto& one : issuers.all)
        if (one.rules.issuer == own)
            return core::failure{core::failure_kind::invalid,
                                 "issuer \"" + own +
                                     "\" is tokens.issuer of the running server: restart it, or "
                                     "name that issuer otherwise"};
    return std::nullopt;
}

core::steady_time now() {
    return std::chrono::steady_clock::now();
}

} // namespace

core::result<void> control::listen(passed_sockets passed) {
    if (auto opened = gate_->listen(settings_.server, std::move(passed.api)); !opened)
        return opened;
    const connection_owner owner{[this](int fd) { adopt_admin(fd); },
                                 [](int fd) { http::turn_away(fd, http::no_descriptors_left); }};
    auto admin = passed.admin ? listen_passed(loop_, *passed.admin, log_, owner)
                              : listen_unix(loop_, {.path = settings_.admin.socket}, log_, owner);
    if (!admin) return admin.error();
    admin_listener_ = std::move(*admin);
    return {};
}

core::result<void> control::start(passed_sockets passed) {
    const bool is_passed = !passed.api.empty();
    if (auto opened = listen(std::move(passed)); !opened) return opened;
    for (auto& w : workers_)
        w->start();
    feed_->start();
    admin_listener_->open();
    // With our own socket, it is better to answer at once that nothing is known yet.
    accepts_at_ = now() + (is_passed ? settings_.server.start_wait : core::milliseconds(0));
    log_.info("listening", {{"address", gate_->addresses()},
                            {"admin", admin_listener_->address()},
                            {"passed", is_passed},
                            {"workers", workers_.size()},
                            {"tls", certificates_ != nullptr},
                            {"version", version()}});
    tell_exposures();
    return {};
}

void control::run() {
    await_signal();
    await_hangup();
    tick();
    loop_.run();
    // In this order, because no connection may outlive the parts that it uses.
    feed_->stop();
    slow_work_.join();
    for (auto& w : workers_)
        w->stop();
    passwords_->stop();
    for (auto& w : workers_)
        w->settle();
    box_.receive();
    use_writer_.stop();
    if (const auto lost = use_flush_->unwritten(); lost > 0)
        log_.warning("uses of credentials were not written", {{"credentials", lost}});
    lifecycle_.stop();
    log_.info("stopped");
}

void control::adopt_admin(int fd) {
    ++admin_connections_;
    http::start_session(fd, *admin_service_);
}

void control::await_signal() {
    signals_.async_wait([this](boost::system::error_code cancelled, int signal) {
        if (cancelled) return;
        if (draining_) {
            log_.warning("stopping at once: a second signal came");
            return loop_.stop();
        }
        log_.info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
        drain();
        await_signal();
    });
}

// Each part that takes settings has its line here, and none may fail: load_files() has found all
// mistakes before.
core::result<reload_report> control::apply(loaded_configuration next) {
    if (draining_)
        return core::failure{core::failure_kind::unavailable, "the server is shutting down"};
    auto plan = plan_reload(settings_, next.settings);
    if (auto clash = find_own(next.issuers, settings_.tokens.issuer)) return *clash;
    const auto token_life_before = settings_.tokens.expires_in_max;
    settings_ = std::move(plan.obeyed);

    log_.set_level(settings_.log.level);
    if (certificates_) certificates_->reload();
    node_->ttl = settings_.cache.ttl;
    const auto lives_before = node_->revocations.lives();
    trust(next.issuers);
    // Revocations that were forgotten as expired may still matter if tokens now live longer.
    const auto& revocations = node_->revocations;
    if (revocations.lives().exceed(lives_before) && revocations.forgot_some()) start_over_ = true;
    if (settings_.tokens.expires_in_max != token_life_before) keeper_->settings_changed();
    const auto shared = std::make_shared<const configuration>(settings_);
    for (auto& w : workers_)
        w->configure(shared);
    limits_->configure(settings_.rate_policies);
    gate_->configure(settings_);
    admin_service_->configure(settings_.http);
    admin_service_->log_requests = settings_.log.level == core::log_level::debug;
    use_flush_->configure(settings_.use);
    exposed_ = std::move(next.exposed);
    tell_exposures();
    return std::move(plan.report);
}

void control::tell_exposures() {
    auto found = find_exposures(settings_, gate_->addresses(), exposed_);
    for (const auto& one : found)
        log_.warning("something is open to others", {{"why", one}});
    exporter_.set_exposures(std::move(found));
}

void control::expose(std::string_view settings, const std::vector<exposed_file>& files) {
    std::erase_if(exposed_, [&](const auto& file) { return file.setting.starts_with(settings); });
    exposed_.insert(exposed_.end(), files.begin(), files.end());
    tell_exposures();
}

void control::await_hangup() {
    hangups_.async_wait([this](boost::system::error_code cancelled, int) {
        if (cancelled) return;
        reloader_->ask([](const auto&) {});
        await_hangup();
    });
}

void control::tick() {
    look_at_clock();
    const auto at = now();
    const auto clocks = core::moment::now();
    admin_service_->advance(at, clocks.real);
    while (admin_service_->tell_late()) {
    }
    gate_->tick(at);
    use_flush_->tick(at);
    passwords_->tick(clocks.boot, cpu_time_of_process());
    issuer_jwks_->tick(clocks);
    keeper_->tick(clocks.real, at); // makes the first signing key of a new database at once
    sample(at, clocks);
    if (!draining_ && at >= accepts_at_) gate_->open();
    manager_.tell(notice_.tick(at, ready_, ready_ ? "ready" : "not ready: " + condition_, turns_));
    if (at - pruned_at_ >= prune_interval) {
        pruned_at_ = at;
        prune_revocations(clocks);
    }
    if (start_over_ && feed_->start_over()) start_over_ = false;
    if (draining_ && may_end(at)) {
        if (!drained()) log_.warning("server.drain_timeout is over: connections are cut");
        return loop_.stop();
    }
    timer_.expires_after(net::deadline_wheel::tick);
    timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) tick();
    });
}

// The clock is rarely set back, and it explains odd ages afterwards.
void control::look_at_clock() {
    const auto fell = core::watch_for_set_back(clock_watch_);
    if (fell >= core::seconds(1))
        log_.warning("the real clock was set back",
                     {{"seconds", std::chrono::duration_cast<core::seconds>(fell).count()}});
}

void control::prune_revocations(const core::moment& now) {
    auto& revocations = node_->revocations;
    revocations.prune(now.real);
    if (!revocations.whole() && revocations.has_room()) start_over_ = true;
}

void control::look_at_revocations(const core::moment& now) {
    auto& revocations = node_->revocations;
    // A clock that was ahead made us forget revocations that still matter.
    if (revocations.forgot_what_lives(now.real)) {
        revocations.set_clock(now.real);
        start_over_ = true;
    }
    if (std::exchange(revocations_are_whole_, revocations.whole()) == revocations.whole()) return;
    if (revocations.whole())
        log_.info("all revocations of tokens are known again");
    else
        log_.error("there are more revocations of tokens than cache.revocations_max: tokens that "
                   "can be revoked get 503 until it is raised, or enough of them have expired",
                   {{"revocations_max", revocations.entries_max()}});
}

// Logs each change once, not for each request.
void control::tell_cached_answers(const core::moment& now) {
    using news = cached_answers_watch::news;
    switch (cached_answers_.look(node_->known.feed_is_fresh(now), now.boot)) {
    case news::none:
        return;
    case news::ended:
        return log_.warning("cached answers have ended: what the database does not answer gets 503",
                            {{"reason", feed_->problem()}});
    case news::began_again:
        return log_.info(
            "cached answers have begun again",
            {{"after_seconds",
              std::chrono::duration_cast<core::seconds>(cached_answers_.gap()).count()}});
    }
}

// Members of the status. Any thread.
std::string control::details() const {
    const auto& revocations = node_->revocations;
    std::string out = R"(,"revocations":{"entries":)";
    out += std::to_string(revocations.entries.value()) + R"(,"entries_max":)";
    out += std::to_string(revocations.entries_max());
    out += revocations.whole() ? R"(,"whole":true})" : R"(,"whole":false})";
    const auto why_not = keeper_->why_not_issuing();
    out += why_not.empty() ? R"(,"issuing":{"possible":true)"
                           : R"(,"issuing":{"possible":false,"reason":)";
    if (!why_not.empty()) core::append_json_string(out, why_not);
    return out + '}';
}

void control::sample(core::steady_time at, const core::moment& clocks) {
    const bool due = at - sampled_at_ >= sample_interval;
    if (due || !ready_) look_at_condition();
    turns_.clear();
    for (const auto& w : workers_)
        turns_.push_back(w->last_turn());
    if (!due) return;
    sampled_at_ = at;
    look_at_revocations(clocks);
    tell_cached_answers(clocks);
    exporter_.process.sample();
    node_->issuers.reclaim();
    limits_->tick(clocks.boot);
    if (certificates_) certificates_->tick(at, clocks.real);
}

void control::look_at_condition() {
    const auto status = exporter_.status();
    ready_ = status.ready;
    condition_ = status.reason;
    if (ready_) accepts_at_ = std::min(accepts_at_, now());
}

void control::drain() {
    draining_ = true;
    drain_ends_ = now() + settings_.server.drain_timeout;
    exporter_.draining.store(true, std::memory_order_relaxed);
    manager_.tell(notice_.stopping());
    gate_->close(idle_grace);
    admin_listener_->close();
    for (auto& w : workers_)
        w->drain(idle_grace);
    admin_service_->drain(idle_grace);
}

// The last uses are written as well, if there is time for it.
bool control::may_end(core::steady_time now) {
    if (now >= drain_ends_) return true;
    return drained() && use_flush_->finish();
}

bool control::drained() const {
    std::size_t open = admin_connections_ + gate_->waiting();
    for (const auto& w : workers_)
        open += w->connections();
    return open == 0;
}

void control::collect(core::metric_sink& sink) const {
    admin_service_->metrics.collect(sink, api::admin_api::endpoint_names());
    gate_->collect(sink);
    lifecycle_.collect(sink);
    use_writer_.collect(sink);
    use_flush_->collect(sink);
    node_->collect(sink);
    feed_->collect(sink);
    issuer_jwks_->collect(sink);
    passwords_->collect(sink);
    reloader_->collect(sink);
    limits_->collect(sink);
    if (certificates_) certificates_->collect(sink);
    breaker_.collect(sink);
}

} // namespace latchkey::server
