#pragma once
// One coarse timer for all deadlines of a worker. A connection sets its deadline with a plain
// store; the wheel reads it when the slot comes round. (A timer per operation would cost an
// allocation, a heap insertion and a cancelled handler each.)

#include <latchkey/core/clock.hpp>

#include <array>
#include <cstddef>

namespace latchkey::net {

/// An object with a deadline. Lives on one worker; linked into the wheel while it has a connection.
class deadline_entry {
  public:
    /// Called when `deadline` has passed: it sets a later deadline or ends the operation.
    virtual void deadline_passed() = 0;
    /// Called when the worker drains: an idle object sets its deadline to `end` if that is nearer.
    virtual void draining(core::steady_time end) = 0;
    /// Called when the worker ends: closes everything without an answer.
    virtual void abandon() = 0;

    core::steady_time deadline = core::steady_time::max();

  protected:
    ~deadline_entry() = default;

  private:
    friend class deadline_wheel;
    deadline_entry* previous_ = nullptr;
    deadline_entry* next_ = nullptr;
};

/// A ring of lists, one per tick. One thread.
class deadline_wheel {
  public:
    static constexpr core::milliseconds tick{50};
    static constexpr std::size_t slots = 64;

    explicit deadline_wheel(core::steady_time now) : now_(now) {
        for (auto& head : heads_)
            head.previous_ = head.next_ = &head;
        late_.previous_ = late_.next_ = &late_;
    }
    deadline_wheel(const deadline_wheel&) = delete;
    deadline_wheel& operator=(const deadline_wheel&) = delete;

    /// The time of the last tick: at most `tick` behind the clock while the loop is not delayed.
    core::steady_time now() const noexcept { return now_; }

    /// Watches the entry. A passed deadline is noticed at most two ticks late if it was only ever
    /// moved later, and within one round (`tick * slots`) if it was moved nearer; `hasten` avoids
    /// that wait.
    void insert(deadline_entry&) noexcept;
    void remove(deadline_entry&) noexcept;
    /// Call it when the entry's deadline was moved nearer.
    void hasten(deadline_entry&) noexcept;

    /// Call it every `tick`: collects the late entries of the slots whose time has come, for
    /// `tell_late`.
    void advance(core::steady_time now);
    /// Calls `deadline_passed` of the late entries, `most` of them at most, the longest waiting
    /// first. Returns true if there are more. Thousands of connections that began together are late
    /// together: the caller lets other work run between two calls.
    bool tell_late(std::size_t most);

    /// Calls `abandon` of all entries.
    void abandon_all();

    /// Calls f(entry) for each entry; f may move deadlines nearer.
    template <class F>
    void reschedule(F f) {
        list_head all;
        all.previous_ = all.next_ = &all;
        for (auto& head : heads_)
            take(head, all);
        take(late_, all);
        while (all.next_ != &all) {
            auto& entry = *all.next_;
            unlink(entry);
            f(entry);
            insert(entry);
        }
    }

  private:
    struct list_head final : deadline_entry {
        void deadline_passed() override {}
        void draining(core::steady_time) override {}
        void abandon() override {}
    };
    static void link(deadline_entry& head, deadline_entry&) noexcept;
    static void unlink(deadline_entry&) noexcept;
    static void take(deadline_entry& from, deadline_entry& to) noexcept;
    std::size_t slot_for(core::steady_time deadline) const noexcept;
    void visit(std::size_t slot);

    core::steady_time now_;
    std::size_t current_ = 0;
    std::array<list_head, slots> heads_;
    list_head late_;
};

} // namespace latchkey::net
