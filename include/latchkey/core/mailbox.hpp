#pragma once
// Messages from any thread to one. Intrusive and lock-free: a message is its own list node, and the
// owner is woken once for all that gathers until it looks (R. K. Treiber, "Systems programming:
// coping with parallelism", 1986; the owner takes the whole stack, so nodes are never reused under
// a reader's eyes).

#include <atomic>
#include <functional>
#include <utility>

namespace latchkey::core {

/// Owned by whoever sends it; must live until it has arrived. May be sent again from `arrived`.
class mail {
  public:
    /// On the mailbox's thread.
    virtual void arrived() noexcept = 0;

  protected:
    ~mail() = default;

  private:
    friend class mailbox;
    mail* next_ = nullptr;
};

class mailbox {
  public:
    /// `wake` is called by a sending thread: it has `receive` called on the owner's thread, soon
    /// and once.
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

    /// Owner's thread. What has gathered arrives in the order in which it was sent. False: nothing
    /// had.
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
