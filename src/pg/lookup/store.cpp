#include <latchkey/pg/lookup/store.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <thread>
#include <utility>

namespace latchkey::pg {

// `alive` is shared with posted handlers, which may outlive the store in a stopped loop.
struct store::clockwork {
    explicit clockwork(boost::asio::io_context& l) : loop(l), timer(l) {}
    boost::asio::io_context& loop;
    boost::asio::steady_timer timer;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
    bool flush_posted = false;
    bool has_room = false; // since the last flush an answer has made room
    bool ticking_fast = false;
};

store::store(boost::asio::io_context& loop, const configuration& settings, pool_share share,
             core::circuit_breaker& breaker, core::logger& log, std::uint64_t random_seed,
             auth::legacy_device_secret legacy, identity_fence* fence)
    : clockwork_(std::make_unique<clockwork>(loop)),
      pool_(loop, settings, share, breaker, log, metrics_, random_seed, legacy, fence) {
    pool_.on_room = [this] {
        clockwork_->has_room = true;
        schedule_flush();
    };
}

store::~store() {
    *clockwork_->alive = false;
}

void store::start() {
    pool_.start(core::steady_now());
    schedule_tick(pool::busy_tick);
}

void store::schedule_tick(core::milliseconds in) {
    clockwork_->ticking_fast = in == pool::busy_tick;
    clockwork_->timer.expires_after(in);
    clockwork_->timer.async_wait([this, alive = clockwork_->alive](boost::system::error_code e) {
        if (e || !*alive) return;
        const bool busy = pool_.tick(core::steady_now());
        if (*alive) schedule_tick(busy ? pool::busy_tick : pool::idle_tick);
    });
}

template <class Record>
void store::find(auth::lookup<Record>& lookup) {
    pool_.find(lookup, core::steady_now());
    schedule_flush();
    if (!clockwork_->ticking_fast) schedule_tick(pool::busy_tick);
}

void store::find_api_key(auth::api_key_lookup& lookup) {
    find(lookup);
}

void store::find_device(auth::device_lookup& lookup) {
    find(lookup);
}

// Posted behind the handlers that are ready now, so that all their look-ups go out together.
//
// A query that has room for more, and follows another or goes beside it, gives way once to whoever
// else wants the core, callers and the database among them. Their requests go out in the same query
// then, and one large query costs the database less than two. If nobody else wants the core, giving
// way is one short system call. A query that finds the database idle goes out at once.
void store::schedule_flush() {
    if (std::exchange(clockwork_->flush_posted, true)) return;
    boost::asio::post(clockwork_->loop, [this, alive = clockwork_->alive] {
        if (!*alive) return;
        pool_.complete_refused();
        if (!pool_.may_gather(clockwork_->has_room, core::steady_now())) return flush();
        std::this_thread::yield();
        boost::asio::post(clockwork_->loop, [this, alive] {
            if (*alive) flush();
        });
    });
}

void store::flush() {
    clockwork_->flush_posted = false;
    clockwork_->has_room = false;
    pool_.flush(core::steady_now());
}

void store::stop() {
    clockwork_->timer.cancel();
    pool_.stop();
}

void store::collect(core::metric_sink& sink) const {
    metrics_.collect(sink);
}
database_status store::status() const {
    return pool_.status();
}

} // namespace latchkey::pg
