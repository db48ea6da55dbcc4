#pragma once
// Shares a worker among pieces of work that are too long for one turn of its event loop: each turn
// runs one slice of one of them.

#include <latchkey/core/mailbox.hpp>

#include <functional>
#include <utility>

namespace latchkey::core {

/// One piece of work. It is its own list node, so it may be in one queue at a time.
class queued_work {
  public:
    /// Runs one slice. It may add itself to the queue again.
    virtual void go_on() = 0;

  protected:
    ~queued_work() = default;

  private:
    friend class fair_queue;
    queued_work* next_ = nullptr;
};

/// Lives on one worker, whose mailbox runs the slices.
class fair_queue final : public core::mail {
  public:
    /// `box()` is first called by `add`, so the mailbox may be made later than the queue.
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
