#include <latchkey/server/worker.hpp>

#include <latchkey/crypto/random.hpp>
#include <latchkey/http/public_api.hpp>
#include <latchkey/http/readiness_pump.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/http/session.hpp>
#include <latchkey/pg/pool_plan.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <pthread.h>

#include <atomic>
#include <thread>

namespace latchkey::server {

namespace {

namespace asio = boost::asio;

// One thread runs the loop and all its sockets; others only post to it: no lock per operation.
constexpr int single_threaded_io = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO;

pg::pool_share share(const pg::configuration& database, std::size_t count, std::size_t index) {
    return {std::max<std::size_t>(1, pg::share_of(database.connections, count, index)),
            pg::share_of(database.overflow, count, index)};
}

} // namespace

// In the order in which it is built, and taken down backwards. Connections that are still open end
// with the service.
struct worker::bundle {
    bundle(const configuration& c, std::size_t i, std::size_t count, core::logger& journal,
           const http::status_source& status, auth::beliefs& beliefs, auth::scrypt_pool& passwords)
        : index(i),
          log(journal),
          api(beliefs, i, passwords, c.auth, c.tokens, status, c.http, c.use),
          service(c.http, api, "public", journal, crypto::random_number(),
                  std::chrono::steady_clock::now()),
          loop(1),
          guard(loop.get_executor()),
          pump(loop, service.ready),
          store(loop, c.database, share(c.database, count, i), journal, crypto::random_number(),
                c.auth.legacy_device_secret),
          home(beliefs.api_keys, beliefs.devices, beliefs.tokens.shard(i), i, c.cache, store,
               [this] { asio::post(loop, [this] { home.box().receive(); }); }),
          timer(loop) {
        service.log_requests = c.log.level == core::log_level::debug;
        service.on_closed = [this] { open.fetch_sub(1, std::memory_order_relaxed); };
    }

    void run() {
        store.start();
        tick_at = std::chrono::steady_clock::now();
        service.advance(tick_at, std::chrono::system_clock::now());
        schedule_tick();
        loop.run();
    }

    // One timer for all that is coarse: deadlines, the Date field, the loop's lag.
    void schedule_tick() {
        tick_at += http::deadline_wheel::tick;
        timer.expires_at(tick_at);
        timer.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled) return;
            const auto now = std::chrono::steady_clock::now();
            lag.observe(std::chrono::duration<double>(now - tick_at).count());
            service.advance(now, std::chrono::system_clock::now());
            home.tick();
            // A loop that was held up does not make up for the ticks it missed.
            if (now > tick_at + http::deadline_wheel::tick) tick_at = now;
            schedule_tick();
        });
    }

    const std::size_t index;
    core::logger& log;
    core::latency_histogram lag;
    std::atomic<std::size_t> open{0};
    http::public_api api;
    http::service service;
    asio::io_context loop;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    http::readiness_pump pump;
    pg::store store;
    auth::home_core home;
    asio::steady_timer timer;
    core::steady_time tick_at{};
    std::thread thread;
};

worker::worker(const configuration& settings, std::size_t index, std::size_t count,
               core::logger& log, const http::status_source& status, auth::beliefs& beliefs,
               auth::scrypt_pool& passwords)
    : bundle_(std::make_unique<bundle>(settings, index, count, log, status, beliefs, passwords)) {}

worker::~worker() {
    stop();
}

void worker::start() {
    auto& b = *bundle_;
    b.thread = std::thread([&b] { b.run(); });
    ::pthread_setname_np(b.thread.native_handle(), ("worker-" + std::to_string(b.index)).c_str());
}

auth::home_core& worker::home() noexcept {
    return bundle_->home;
}

auth::use_counts& worker::uses() noexcept {
    return bundle_->api.uses;
}

void worker::settle() {
    while (bundle_->home.box().receive()) {
    }
}

void worker::adopt(int fd) {
    auto& b = *bundle_;
    b.open.fetch_add(1, std::memory_order_relaxed);
    asio::post(b.loop, [&b, fd] { http::start_session(fd, b.service); });
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

void worker::collect(core::metric_sink& sink) const {
    const auto& b = *bundle_;
    b.service.metrics.collect(sink, http::public_api::endpoint_names());
    b.api.metrics.collect(sink);
    b.store.collect(sink);
    sink.add_histogram("auth_event_loop_lag_seconds", "How late a worker's timer fired.", {},
                       b.lag);
}

pg::database_status worker::database() const {
    return bundle_->store.status();
}

} // namespace latchkey::server
