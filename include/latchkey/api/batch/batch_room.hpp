#pragma once
// Bounds the share of the database's time that batches may take. A large batch waits for its turn:
// it is not refused for its size, and it does not queue before single questions.

#include <latchkey/core/fair_queue.hpp>

#include <cstddef>
#include <deque>

namespace latchkey::api {

/// Counts the look-ups of all batches of one worker. Used on that worker's thread. `most` is the
/// bound at the time of the call and may change.
class batch_room {
  public:
    explicit batch_room(core::fair_queue& queue) : queue_(queue) {}

    /// Returns true if one more look-up may begin.
    bool has_room(std::size_t most) const noexcept { return under_way_ < most; }
    /// Queues a batch. It gets a turn when there is room again; the one that waited longest is
    /// first.
    void wait(core::queued_work& who) { waiting_.push_back(&who); }
    void enter() noexcept { ++under_way_; }
    /// Call it when a batch needs no more room: the next one may use what is left.
    void pass_on(std::size_t most) {
        if (has_room(most)) call_next();
    }
    /// The next batch is called only when a quarter of the room is free, because it then begins
    /// many look-ups together.
    void leave(std::size_t most) {
        --under_way_;
        if (under_way_ <= most - (most + 3) / 4) call_next();
    }

  private:
    void call_next() {
        if (waiting_.empty()) return;
        auto& next = *waiting_.front();
        waiting_.pop_front();
        queue_.add(next);
    }

    core::fair_queue& queue_;
    std::size_t under_way_ = 0;
    std::deque<core::queued_work*> waiting_;
};

} // namespace latchkey::api
