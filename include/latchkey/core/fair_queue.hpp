#pragma once
// Pieces of work that are too long for one turn of a worker's loop take turns: in each turn of the
// loop, one of them goes on for a slice.

#include <latchkey/core/mailbox.hpp>

#include <functional>
#include <utility>

namespace latchkey::core {

/// Intrusive; in one queue at a time.
class queued_work {
  public:
    /// Its turn has come. It may ask for another.
    virtual void go_on() = 0;

  protected:
    ~queued_work() = default;

  private:
    friend class fair_queue;
    queued_work* next_ = nullptr;
};

/// Lives on one worker, whose mailbox wakes it.
class fair_queue final : public core::mail {
  public:
    /// `box()` is asked for at the first turn.
    explicit fair_queue(std::function<core::mailbox&()> box) : box_(std::move(box)) {}

    void add(queued_work& taker) {
        taker.next_ = nullptr;
        (last_ ? last_->next_ : first_) = &taker;
        last_ = &taker;
        if (!std::exchange(sent_, true)) box_().send(*this);
    }

    void arrived() noexcept override {
        auto& taker = *first_;
        first_ = taker.next_;
        if (!first_) last_ = nullptr;
        sent_ = first_ != nullptr;
        if (sent_) box_().send(*this);
        taker.go_on();
    }

  private:
    std::function<core::mailbox&()> box_;
    queued_work* first_ = nullptr;
    queued_work* last_ = nullptr;
    bool sent_ = false;
};

} // namespace latchkey::core
