#include "server/process/control.hpp"

#include "server/cli/commands.hpp"
#include "server/process/process_sampler.hpp"
#include "server/settings/agreeing_settings.hpp"
#include "server/settings/exposure.hpp"

#include <csignal>
#include <optional>
#include <utility>

namespace latchkey::server {

namespace {

// When the server drains, time that an idle connection has for a request that is on its way.
constexpr core::milliseconds idle_grace{500};
// What is missing so soon after the start is not yet news.
constexpr core::seconds start_is_quiet{5};
// Time that the database has to take this process out of latchkey.nodes.
constexpr core::milliseconds leave_max{500};

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

} // namespace

core::result<void> control::start(passed_sockets passed) {
    const bool is_passed = !passed.api.empty();
    if (auto opened = gate_->listen(settings_.server, std::move(passed.api)); !opened)
        return opened;
    // Only those that systemd passed were not checked before.
    if (auto unsaid = unsaid_callers(settings_, gate_->addresses()); !unsaid.empty())
        return core::failure{core::failure_kind::invalid, "the listener " + std::move(unsaid)};
    if (auto opened = admin_server_->listen(settings_.admin.socket, passed.admin); !opened)
        return opened;
    if (auto opened = remote_admin_->listen(); !opened) return opened;
    const bool are_asked = settings_.tls.client_certificates != net::client_certificates::none;
    for (auto& w : workers_) {
        if (are_asked && gate_->speaks_tls()) w->say_clients_show_certificates();
        w->start();
    }
    feed_->start();
    admin_server_->open();
    remote_admin_->open();
    // With our own socket, it is better to answer at once that nothing is known yet.
    readiness_.accept_from(core::steady_now() +
                           (is_passed ? settings_.server.start_wait : core::milliseconds(0)));
    log_.info("listening", {{"address", gate_->addresses()},
                            {"admin", admin_server_->address()},
                            {"admin_over_tcp", remote_admin_->addresses()},
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
    const bool left_alone = draining() && drained();
    findings_->stop();
    slow_work_.join();
    exporter_.stop(); // it reads the workers, and sends to them
    for (auto& w : workers_)
        w->stop();
    if (left_alone) leave();
    feed_->stop();
    passwords_->stop();
    for (auto& w : workers_)
        w->settle();
    box_.receive();
    use_writer_.stop();
    lease_writer_.stop();
    credit_writer_.stop();
    if (const auto lost = use_flush_->unwritten(); lost > 0)
        log_.warning("uses of credentials were not written", {{"credentials", lost}});
    lifecycle_.stop();
    answers_.stop();
    log_.info("stopped");
}

void control::await_signal() {
    signals_.async_wait([this](boost::system::error_code cancelled, int signal) {
        if (cancelled) return;
        if (draining()) {
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
    if (draining())
        return core::failure{core::failure_kind::unavailable, "the server is shutting down"};
    auto plan = plan_reload(settings_, next.settings);
    if (auto clash = find_own(next.issuers, settings_.tokens.issuer)) return *clash;
    const auto token_life_before = settings_.tokens.expires_in_max;
    settings_ = std::move(plan.obeyed);

    log_.set_level(settings_.log.level);
    if (certificates_) certificates_->reload();
    node_->ttl = settings_.cache.ttl;
    trust(next.issuers);
    lifecycle_.heed_settings();
    answers_.heed_settings();
    use_writer_.heed_settings();
    lease_writer_.heed_settings();
    credit_writer_.heed_settings();
    if (settings_.tokens.expires_in_max != token_life_before) keeper_->settings_changed();
    const auto shared = std::make_shared<const configuration>(settings_);
    for (auto& w : workers_)
        w->configure(shared);
    limits_->configure(settings_.rate_policies);
    gate_->configure(settings_);
    admin_server_->configure(settings_);
    remote_admin_->configure(settings_);
    configure_admin_callers();
    bound_waits();
    use_flush_->configure(settings_.use);
    exposures_.replace(std::move(next.exposed));
    tell_exposures();
    feed_->set_settings(agreeing_settings(settings_, kek_id_));
    is_news_ = true;
    return std::move(plan.report);
}

void control::bound_waits() {
    admin_->wait_max = settings_.admin.wait_max;
    admin_->counts_uses = settings_.use.enabled;
    admin_->waits_max = settings_.admin.waits_max;
}

void control::tell_exposures() {
    exposures_.tell(settings_, gate_->addresses());
}

void control::await_hangup() {
    hangups_.async_wait([this](boost::system::error_code cancelled, int) {
        if (cancelled) return;
        reloader_->ask([](const auto&) {});
        await_hangup();
    });
}

void control::tick() {
    watch_.look_at_clock();
    const auto at = core::steady_now();
    const auto clocks = core::moment::now();
    admin_server_->tick(at, clocks.real);
    remote_admin_->tick(at, clocks.real);
    gate_->tick(at);
    use_flush_->tick(at);
    fleet_->tick(at, clocks);
    credits_->tick(at, clocks);
    passwords_->tick(clocks.boot, cpu_time_of_process());
    issuer_jwks_->tick(clocks);
    spans_.tick(at, draining());
    keeper_->tick(clocks.real, at); // makes the first signing key of a new database at once
    if (at - looked_at_ >= core::seconds(1))
        look_each_second(at, clocks);
    else if (!readiness_.ready())
        look_at_readiness(at);
    if (!draining() && readiness_.accepts(at)) gate_->open();
    manager_.tick(at, readiness_.ready(), readiness_.text(), workers_);
    if (revocations_.needs_all() && feed_->start_over()) revocations_.all_are_asked_for();
    if (draining() && may_end(at)) {
        if (!drained()) log_.warning("server.drain_timeout is over: connections are cut");
        return loop_.stop();
    }
    timer_.expires_after(net::deadline_wheel::tick);
    timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) tick();
    });
}

void control::look_each_second(core::steady_time at, const core::moment& clocks) {
    looked_at_ = at;
    look_at_readiness(at);
    started_at_ = started_at_.value_or(at);
    was_ready_ = was_ready_ || readiness_.ready();
    exporter_.look(clocks.real, !draining() && (was_ready_ || at - *started_at_ >= start_is_quiet));
    exporter_.sample_traffic(at);
    revocations_.tick(at, clocks.real);
    watch_.look_at_cached_answers(clocks, *feed_);
    exporter_.process.sample();
    node_->issuers.reclaim();
    limits_->tick(clocks.boot);
    // A set that is being fetched is not missing.
    if (is_news_ && !issuer_jwks_->is_fetching()) {
        is_news_ = false;
        findings_->look_again();
    }
    findings_->tick(at, settings_);
    if (certificates_) certificates_->tick(at, clocks.real);
}

void control::look_at_readiness(core::steady_time at) {
    readiness_.look(exporter_.status(), at);
}

void control::drain() {
    drain_ends_ = core::steady_now() + settings_.server.drain_timeout;
    exporter_.draining.store(true, std::memory_order_relaxed);
    manager_.stopping();
    gate_->close(idle_grace);
    for (auto& w : workers_)
        w->drain(idle_grace);
    admin_server_->drain(idle_grace);
    remote_admin_->drain(idle_grace);
}

// The other nodes need not wait for this one. No worker runs any more and no connection is open, so
// nothing is answered from what is known here.
void control::leave() {
    loop_.restart();
    feed_->leave([this] { loop_.stop(); });
    loop_.run_for(leave_max);
}

// The last uses are written as well, if there is time for it.
bool control::may_end(core::steady_time now) {
    if (now >= *drain_ends_) return true;
    if (!drained()) return false;
    const bool has_left = fleet_->leave();
    const bool gave_back = credits_->leave();
    return use_flush_->finish() && has_left && gave_back;
}

bool control::drained() const {
    std::size_t open =
        admin_server_->connections() + remote_admin_->connections() + gate_->waiting();
    for (const auto& w : workers_)
        open += w->connections();
    return open == 0;
}

void control::collect(core::metric_sink& sink) const {
    admin_server_->collect(sink);
    remote_admin_->collect(sink);
    admin_callers_->cells.collect(sink);
    gate_->collect(sink);
    lifecycle_.collect(sink);
    answers_.collect(sink);
    use_writer_.collect(sink);
    lease_writer_.collect(sink);
    fleet_->collect(sink, "limits");
    credit_writer_.collect(sink);
    credits_->collect(sink, "credits");
    use_flush_->collect(sink);
    findings_->collect(sink);
    sink.add_gauge("auth_signing_ready", "1 while tokens can be issued here.", {},
                   keeper_->why_not_issuing().empty() ? 1 : 0);
    node_->collect(sink);
    remembered_->collect(sink);
    feed_->collect(sink);
    issuer_jwks_->collect(sink);
    spans_.collect(sink);
    passwords_->collect(sink);
    reloader_->collect(sink);
    limits_->collect(sink);
    if (certificates_) certificates_->collect(sink);
    breaker_.collect(sink);
}

} // namespace latchkey::server
