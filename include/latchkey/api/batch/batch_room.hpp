#pragma once
// How much of the database's time batches may take at once. Bulk waits for its turn: it is neither
// refused for being much, nor does it stand as a queue before those who ask one question.

#include <latchkey/core/fair_queue.hpp>

#include <cstddef>
#include <deque>

namespace latchkey::api {

/// Counts the look-ups of all batches of a worker. Lives on that worker. `most` may be another each
/// time.
class batch_room {
  public:
    explicit batch_room(core::fair_queue& t) : queue_(t) {}

    /// Is there room for one more?
    bool has_room(std::size_t most) const noexcept { return under_way_ < most; }
    /// Has its turn when there is room again, the longest waiting first.
    void wait(core::queued_work& who) { waiting_.push_back(&who); }
    void enter() noexcept { ++under_way_; }
    /// Who had its turn needs no more room: what is left of it is the next one's.
    void pass_on(std::size_t most) {
        if (has_room(most)) call_next();
    }
    /// A quarter of the room is let free first: who comes in asks for many together.
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
