#include "pg/writes/write_queue.hpp"

#include <chrono>
#include <utility>

namespace latchkey::pg {

namespace {

constexpr core::milliseconds tick_length{20};

} // namespace

write_queue::write_queue(boost::asio::io_context& loop, const configuration& settings,
                         std::span<const statement> prepared, core::logger& log, metrics& cells,
                         identity_fence* fence)
    : loop_(loop),
      log_(log),
      metrics_(cells),
      timer_(loop),
      connection_settings_{settings, settings.write_timeout, prepared, {}, fence} {}

void write_queue::add(std::unique_ptr<operator_write> c) {
    if (stopping_ || waiting_.size() >= waiting_max)
        return c->fail(stopping_ ? "the server is shutting down"
                                 : "too many changes wait for the database");
    c->asked_at = core::steady_now();
    waiting_.push_back(std::move(c));
    if (!conn_ || (!conn_->ready() && !opening_)) open();
    send_next();
    keep_time();
}

void write_queue::stop() {
    stopping_ = true;
    timer_.cancel();
    conn_.reset();
    for (auto& c : std::exchange(waiting_, {}))
        c->fail("the server is shutting down");
    under_way_.reset();
}

void write_queue::open() {
    opening_ = true;
    old_ = std::move(conn_);
    conn_ = std::make_unique<connection>(loop_, connection_settings_, log_, metrics_, *this);
    conn_->open(core::steady_now());
}

void write_queue::send_next() {
    if (under_way_ || waiting_.empty() || !conn_ || !conn_->may_send()) return;
    under_way_ = std::move(waiting_.front());
    waiting_.pop_front();
    under_way_->seal();
    conn_->send(*under_way_, core::steady_now());
}

void write_queue::connection_ready(connection&) {
    opening_ = false;
    send_next();
}

void write_queue::connection_advanced(connection&) {
    if (under_way_ && under_way_->ended()) {
        metrics_.observe(
            under_way_->what->name,
            std::chrono::duration<double>(core::steady_now() - under_way_->sent_at).count());
        under_way_.reset();
    }
    send_next();
}

void write_queue::connection_closed(connection&, const std::string& why, bool) {
    opening_ = false;
    under_way_.reset();
    for (auto& c : std::exchange(waiting_, {}))
        c->fail(why);
}

// The timer runs only while a write is under way or waits.
void write_queue::keep_time() {
    if (ticking_) return;
    ticking_ = true;
    timer_.expires_after(tick_length);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        self->ticking_ = false;
        if (cancelled || self->stopping_) return;
        self->old_.reset();
        if (self->conn_) self->conn_->tick(core::steady_now());
        self->connection_advanced(*self->conn_);
        if (self->under_way_ || !self->waiting_.empty()) self->keep_time();
    });
}

} // namespace latchkey::pg
