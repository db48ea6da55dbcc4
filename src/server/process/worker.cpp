#include "server/process/worker.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/crypto/random.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/http/start_session.hpp>
#include <latchkey/net/joint_wait.hpp>
#include <latchkey/pg/lookup/pool_plan.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pthread.h>
#include <time.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace latchkey::server {

namespace {

namespace asio = boost::asio;

pg::pool_share share(const pg::configuration& database, std::size_t count, std::size_t index) {
    return {std::max<std::size_t>(1, pg::share_of(database.connections, count, index)),
            pg::share_of(database.overflow, count, index)};
}

} // namespace

// Members are in the order in which they are built; they are destroyed in reverse. Connections that
// are still open end with the service.
struct worker::bundle {
    bundle(const configuration& c, std::size_t i, std::size_t count, core::logger& journal,
           const api::status_source& status, auth::node_state& state, auth::scrypt_pool& passwords,
           api::rate_limits& limits, core::circuit_breaker& breaker, pg::identity_fence& fence,
           std::unique_ptr<core::tracer> traced_by)
        : settings(c),
          index(i),
          log(journal),
          tracer(std::move(traced_by)),
          api(state, i, passwords, settings.auth, settings.tokens, status, settings.http,
              settings.batches, settings.use, &limits),
          service(settings.http, api, "public", journal, crypto::random_number(),
                  core::steady_now()),
          loop(1),
          guard(loop.get_executor()),
          wait(loop, service.ready, service.wheel),
          store(loop, settings.database, share(settings.database, count, i), breaker, journal,
                crypto::random_number(), settings.auth.legacy_device_secret, &fence),
          owner(state.api_keys, state.devices, state.tokens.shard(i), i, settings.cache, store,
                [this] { asio::post(loop, [this] { owner.box().receive(); }); },
                {state.withheld, state.readers.at(i)}),
          timer(loop) {
        configure_api();
        service.tracer = tracer.get();
        owner.keep(state.proofs.shard(i));
        service.requests.configure(settings.log.requests());
        service.buffer_bytes_max = settings.http.buffer_bytes_max / count;
        service.on_closed = [this](int fd) { leave(fd); };
        service.on_handshake_over = [this](int fd) {
            give_back(fd, &connection_places::handshake);
        };
    }

    // What the rules of callers say was checked when the configuration was read.
    void configure_api() {
        api.configure(settings.auth, settings.http, settings.batches, settings.use,
                      api::caller_rules::make(settings.callers, settings.known_callers).value());
        api.configure(settings.brokers);
        api.configure(settings.forward,
                      api::forward_policies::make(settings.forward_policies).value());
    }

    // Parts that keep a copy of their settings get the new ones; the others read `settings`.
    void configure(const configuration& next) {
        settings = next;
        configure_api();
        service.configure(settings.http);
        service.requests.configure(settings.log.requests());
    }

    void run() {
        clockid_t mine{};
        if (::pthread_getcpuclockid(::pthread_self(), &mine) == 0)
            cpu_clock.store(mine, std::memory_order_relaxed);
        store.start();
        tick_at = core::steady_now();
        service.advance(tick_at, std::chrono::system_clock::now());
        schedule_tick();
        loop.run();
    }

    void enter(int fd, const http::accepted_connection& how, const connection_places& taken) {
        const auto at = static_cast<std::size_t>(fd);
        const bool any = taken.open || taken.handshake;
        if (any && at >= places.size()) places.resize(at + 1);
        if (any) places[at] = taken;
        // The connection may have waited while the loop was busy.
        service.wheel.advance(core::steady_now());
        http::start_session(fd, service, how);
    }
    void leave(int fd) {
        give_back(fd, &connection_places::handshake);
        give_back(fd, &connection_places::open);
        open.fetch_sub(1, std::memory_order_relaxed);
    }
    void give_back(int fd, address_counts::place* connection_places::*which) {
        const auto at = static_cast<std::size_t>(fd);
        if (at < places.size() && places[at].*which)
            address_counts::give_back(*std::exchange(places[at].*which, nullptr));
    }

    // One timer for everything coarse: deadlines, the Date field, the loop's lag.
    void schedule_tick() {
        tick_at += net::deadline_wheel::tick;
        timer.expires_at(tick_at);
        timer.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled) return;
            const auto now = core::steady_now();
            turn_at.store(now.time_since_epoch().count(), std::memory_order_relaxed);
            lag.observe(std::chrono::duration<double>(now - tick_at).count());
            service.advance(now, std::chrono::system_clock::now());
            if (!std::exchange(telling, true)) tell_late();
            owner.tick();
            api.tick(now);
            // A loop that was busy skips the ticks that it missed.
            if (now > tick_at + net::deadline_wheel::tick) tick_at = now;
            schedule_tick();
        });
    }

    void tell_late() {
        telling = service.tell_late();
        if (telling) asio::post(loop, [this] { tell_late(); });
    }

    configuration settings; // this worker's copy, to which its parts refer
    const std::size_t index;
    core::logger& log;
    const std::unique_ptr<core::tracer> tracer;
    core::latency_histogram lag;
    bool telling = false; ///< late connections are being told, some in each turn of the loop
    std::atomic<std::size_t> open{0};
    std::atomic<clockid_t> cpu_clock{CLOCK_PROCESS_CPUTIME_ID}; ///< of its thread, once it runs
    std::atomic<core::steady_time::rep> turn_at{core::steady_now().time_since_epoch().count()};
    std::vector<connection_places> places; ///< by descriptor
    api::public_api api;
    http::service service;
    asio::io_context loop;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    net::joint_wait wait;
    pg::store store;
    auth::owner_core owner;
    asio::steady_timer timer;
    core::steady_time tick_at{};
    std::thread thread;
};

worker::worker(const configuration& settings, std::size_t index, std::size_t count,
               core::logger& log, const api::status_source& status, auth::node_state& state,
               auth::scrypt_pool& passwords, api::rate_limits& limits,
               core::circuit_breaker& breaker, pg::identity_fence& fence,
               std::unique_ptr<core::tracer> traced_by)
    : bundle_(std::make_unique<bundle>(settings, index, count, log, status, state, passwords,
                                       limits, breaker, fence, std::move(traced_by))) {}

worker::~worker() {
    stop();
}

void worker::say_clients_show_certificates() {
    bundle_->api.say_clients_show_certificates();
}

void worker::start() {
    auto& b = *bundle_;
    b.thread = std::thread([&b] { b.run(); });
    ::pthread_setname_np(b.thread.native_handle(), ("worker-" + std::to_string(b.index)).c_str());
}

auth::owner_core& worker::owner_core() noexcept {
    return bundle_->owner;
}

auth::use_counts& worker::uses() noexcept {
    return bundle_->api.uses;
}

void worker::settle() {
    while (bundle_->owner.box().receive()) {
    }
}

void worker::adopt(int fd, const http::accepted_connection& how, const connection_places& taken) {
    auto& b = *bundle_;
    b.open.fetch_add(1, std::memory_order_relaxed);
    asio::post(b.loop, [&b, fd, how, taken] { b.enter(fd, how, taken); });
}

void worker::configure(std::shared_ptr<const configuration> next) {
    auto& b = *bundle_;
    asio::post(b.loop, [&b, next = std::move(next)] { b.configure(*next); });
}

core::steady_time worker::last_turn() const noexcept {
    return core::steady_time(
        core::steady_time::duration(bundle_->turn_at.load(std::memory_order_relaxed)));
}

void worker::secure(net::tls_terms terms) {
    auto& b = *bundle_;
    asio::post(b.loop, [&b, terms = std::move(terms)] { b.service.tls = terms; });
}

std::size_t worker::connections() const noexcept {
    return bundle_->open.load(std::memory_order_relaxed);
}

void worker::drain(core::milliseconds grace) {
    auto& b = *bundle_;
    asio::post(b.loop, [&b, grace] { b.service.drain(grace); });
}

void worker::stop() {
    auto& b = *bundle_;
    if (!b.thread.joinable()) return;
    asio::post(b.loop, [&b] {
        b.store.stop();
        b.loop.stop();
    });
    b.thread.join();
}

core::nanoseconds worker::cpu_time() const noexcept {
    const auto clock = bundle_->cpu_clock.load(std::memory_order_relaxed);
    timespec used{};
    // Its thread does not run yet, or has ended.
    if (clock == CLOCK_PROCESS_CPUTIME_ID || ::clock_gettime(clock, &used) != 0) return {};
    return core::seconds(used.tv_sec) + core::nanoseconds(used.tv_nsec);
}

void worker::add_to(traffic_totals& totals) const {
    const auto& b = *bundle_;
    b.service.metrics.add_to(totals.requests, [](std::size_t endpoint) {
        return !api::is_about_process(api::public_api::endpoint_names()[endpoint]);
    });
    b.api.metrics.add_to(totals.verdicts);
    b.store.add_to(totals.lookups);
}

void worker::collect(core::metric_sink& sink) const {
    const auto& b = *bundle_;
    b.service.metrics.collect(sink, api::public_api::endpoint_names(), api::public_api::routes());
    sink.add_counter("auth_worker_cpu_seconds_total", "CPU time of each worker's thread.",
                     {{"worker", std::to_string(b.index)}},
                     std::chrono::duration<double>(cpu_time()).count());
    sink.add_counter("auth_log_requests_left_out_total",
                     "Lines about requests that were not written: past log.requests_max or "
                     "log.items_max.",
                     {}, static_cast<double>(b.service.requests.left_out()));
    b.api.metrics.collect(sink);
    b.api.callers.collect(sink);
    b.api.compression.collect(sink);
    b.store.collect(sink);
    sink.add_histogram("auth_event_loop_lag_seconds", "How late a worker's timer fired.", {},
                       b.lag);
}

pg::database_status worker::database() const {
    return bundle_->store.status();
}

} // namespace latchkey::server
