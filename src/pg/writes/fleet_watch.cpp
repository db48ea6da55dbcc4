#include "pg/writes/fleet_watch.hpp"

#include "pg/writes/receipt_statements.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::pg {

namespace {

// Nodes apply a change within milliseconds. Who has not by then is seldom about to.
constexpr core::milliseconds pause_min{2};
constexpr core::milliseconds pause_max{50};
// Most writes have woken the nodes themselves.
constexpr core::milliseconds wake_after{20};
constexpr core::milliseconds wake_again{200};

} // namespace

void fleet_watch::add(waiting& one) {
    one.first_reading_ = readings_ + 1;
    one.times_shut_ = times_shut();
    waiting_.push_back(&one);
    pause_ = pause_min;
    wake_at_ = core::steady_now() + wake_after;
    read();
    keep_time();
}

void fleet_watch::stop() {
    stopping_ = true;
    timer_.cancel();
    for (auto* one : std::exchange(waiting_, {}))
        one->frame_.resume();
}

void fleet_watch::read() {
    if (reading_ || waiting_.empty() || stopping_) return;
    reading_ = true;
    ++readings_;
    read(shared_from_this());
}

core::detached fleet_watch::read(std::shared_ptr<fleet_watch> self) {
    const auto answer = co_await self->queue_.send(statements::read_fleet);
    std::optional<fleet_reading> found;
    if (answer) found = decode_fleet(**answer);
    self->reading_ = false;
    self->take(found);
}

core::detached fleet_watch::wake_nodes(std::shared_ptr<fleet_watch> self) {
    co_await self->queue_.send(statements::wake_nodes);
}

void fleet_watch::take(const std::optional<fleet_reading>& found) {
    if (stopping_) return;
    // This node's own row counts: it is announced in another database only after the fence was
    // shut.
    for (auto* one : waiting_)
        if (one->times_shut_ != times_shut())
            one->what_.lose();
        else if (found && one->first_reading_ <= readings_)
            one->what_.look(*found);
    end_those_that_are_over();
}

// A resumed one may begin another wait.
void fleet_watch::end_those_that_are_over() {
    const auto now = core::steady_now();
    std::vector<waiting*> over;
    std::erase_if(waiting_, [&](waiting* one) {
        if (!one->what_.is_over(now)) return false;
        over.push_back(one);
        return true;
    });
    for (auto* one : over)
        one->frame_.resume();
}

// The timer runs only while somebody waits.
void fleet_watch::keep_time() {
    if (ticking_ || waiting_.empty() || stopping_) return;
    ticking_ = true;
    timer_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, pause_max);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
        self->ticking_ = false;
        if (cancelled || self->stopping_) return;
        self->end_those_that_are_over();
        if (!self->waiting_.empty() && core::steady_now() >= self->wake_at_) {
            self->wake_at_ = core::steady_now() + wake_again;
            wake_nodes(self);
        }
        self->read();
        self->keep_time();
    });
}

} // namespace latchkey::pg
