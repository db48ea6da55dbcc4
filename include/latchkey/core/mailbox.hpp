#pragma once
// Messages from any thread to one thread. Intrusive and lock-free: a message is its own list node,
// and the owner is woken once for all messages that gather until it looks (R. K. Treiber, "Systems
// programming: coping with parallelism", 1986; the owner takes the whole stack, so the ABA problem
// does not arise).

#include <atomic>
#include <functional>
#include <utility>

namespace latchkey::core {

/// A message. Its sender owns it and keeps it alive until it has arrived. `arrived` may send it
/// again.
class mail {
  public:
    /// Called on the mailbox's thread.
    virtual void arrived() noexcept = 0;

  protected:
    ~mail() = default;

  private:
    friend class mailbox;
    mail* next_ = nullptr;
};

class mailbox {
  public:
    /// A sending thread calls `wake`, which must have `receive` called once on the owner's thread,
    /// soon.
    explicit mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}
    mailbox(const mailbox&) = delete;
    mailbox& operator=(const mailbox&) = delete;

    /// Any thread.
    void send(mail& m) noexcept {
        auto* top = top_.load(std::memory_order_relaxed);
        do
            m.next_ = top;
        while (!top_.compare_exchange_weak(top, &m, std::memory_order_release,
                                           std::memory_order_relaxed));
        if (!top) wake_();
    }

    /// Delivers the messages that have gathered, in the order in which they were sent. Returns
    /// false if there were none. Owner's thread.
    bool receive() noexcept {
        mail* newest = top_.exchange(nullptr, std::memory_order_acquire);
        const bool any = newest != nullptr;
        mail* first = nullptr;
        while (newest) {
            mail* older = std::exchange(newest->next_, first);
            first = std::exchange(newest, older);
        }
        while (first)
            std::exchange(first, first->next_)->arrived();
        return any;
    }

  private:
    std::atomic<mail*> top_{nullptr};
    std::function<void()> wake_;
};

} // namespace latchkey::core
