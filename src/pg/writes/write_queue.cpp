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
      connection_settings_{settings, settings.write_timeout, prepared, {}, fence},
      successor_(loop, connection_settings_, log, cells, *this) {}

const char* write_queue::add(write& w) {
    if (stopping_) return "the server is shutting down";
    if (waiting_.size() >= waiting_max) return "too many changes wait for the database";
    waiting_.push_back(&w);
    if (!conn_ || (!conn_->ready() && !opening_)) open();
    send_next();
    keep_time();
    return nullptr;
}

void write_queue::stop() {
    stopping_ = true;
    timer_.cancel();
    successor_.drop();
    conn_.reset();
    old_.reset(); // a write may be under way on it
    fail_waiting("the server is shutting down");
    under_way_ = nullptr;
}

bool write_queue::is_outdated() const {
    return conn_ && conn_->ready() && !(opened_with_ == connection_settings_.database.uri);
}

void write_queue::heed_settings() {
    if (is_outdated()) keep_time();
}

// Writes go on by the connection of before until another is ready in its place.
void write_queue::turn_over(core::steady_time now) {
    if (!is_outdated()) return successor_.drop();
    successor_.tick(now);
    if (under_way_ || !successor_.ready()) return;
    opened_with_ = successor_.address();
    conn_ = successor_.take();
    send_next();
}

void write_queue::fail_waiting(const std::string& why) {
    for (auto* w : std::exchange(waiting_, {}))
        w->failed({{}, why});
}

void write_queue::open() {
    opening_ = true;
    old_ = std::move(conn_);
    conn_ = std::make_unique<connection>(loop_, connection_settings_, log_, metrics_, *this);
    opened_with_ = connection_settings_.database.uri;
    conn_->open(core::steady_now());
}

void write_queue::send_next() {
    if (under_way_ || waiting_.empty() || !conn_ || !conn_->may_send()) return;
    auto& next = *waiting_.front();
    waiting_.pop_front();
    under_way_ = &next;
    sent_ = next.what;
    sent_at_ = core::steady_now();
    ended_ = false;
    conn_->send(next, sent_at_);
}

// One that was replaced says nothing more that counts, and one that will replace it is looked at
// by turn_over.
void write_queue::connection_ready(connection& c) {
    if (&c != conn_.get()) return;
    opening_ = false;
    send_next();
}

void write_queue::connection_advanced(connection& c) {
    if (&c != conn_.get()) return;
    if (under_way_ && ended_) {
        metrics_.observe(sent_->name,
                         std::chrono::duration<double>(core::steady_now() - sent_at_).count());
        under_way_ = nullptr;
    }
    send_next();
}

void write_queue::connection_closed(connection& c, const std::string& why, bool) {
    if (successor_.is(c)) return successor_.closed(why, core::steady_now());
    if (&c != conn_.get()) return;
    opening_ = false;
    under_way_ = nullptr;
    fail_waiting(why);
}

// The timer runs only while a write is under way or waits, or the address changes.
void write_queue::keep_time() {
    if (ticking_) return;
    ticking_ = true;
    timer_.expires_after(tick_length);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        self->ticking_ = false;
        if (cancelled || self->stopping_) return;
        self->old_.reset();
        if (self->conn_) self->conn_->tick(core::steady_now());
        if (self->conn_) self->connection_advanced(*self->conn_);
        self->turn_over(core::steady_now());
        if (self->under_way_ || !self->waiting_.empty() || self->is_outdated()) self->keep_time();
    });
}

} // namespace latchkey::pg
