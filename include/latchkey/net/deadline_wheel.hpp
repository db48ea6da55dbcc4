#pragma once
// One coarse timer for all deadlines of a worker. A connection sets its deadline with a plain
// store; the wheel looks at it when its slot comes by. (A timer per operation would cost an
// allocation, a heap insertion and a cancelled handler each.)

#include <latchkey/core/clock.hpp>

#include <array>
#include <cstddef>

namespace latchkey::net {

/// What can be late. Lives on one worker; linked into the wheel while it has a connection.
class deadline_entry {
  public:
    /// Runs when `deadline` has passed; sets a later one or ends what is late.
    virtual void deadline_passed() = 0;
    /// The worker drains: what is idle draws its deadline to `end`.
    virtual void draining(core::steady_time end) = 0;
    /// The worker is gone: ends what has the deadline, without a word.
    virtual void abandon() = 0;

    core::steady_time deadline = core::steady_time::max();

  protected:
    ~deadline_entry() = default;

  private:
    friend class deadline_wheel;
    deadline_entry* previous_ = nullptr;
    deadline_entry* next_ = nullptr;
};

/// A ring of lists, one per tick. Not for several threads.
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

    /// The time of the last tick: at most `tick` behind the clock while the loop keeps up.
    core::steady_time now() const noexcept { return now_; }

    /// Watches the entry. Its deadline is noticed at most two ticks late when it is set further
    /// away than it was, or within one round (`tick * slots`) when it is drawn nearer; `hasten`
    /// avoids that wait.
    void insert(deadline_entry&) noexcept;
    void remove(deadline_entry&) noexcept;
    /// The entry's deadline has come nearer.
    void hasten(deadline_entry&) noexcept;

    /// Every `tick`: looks at the slots whose time has come. Who is late is told by `tell_late`.
    void advance(core::steady_time now);
    /// Tells so many at most of those that are late, the longest waiting first. True: there are
    /// more. Thousands that came together also end together, and must not hold up those who are not
    /// late: others have their turn between two calls.
    bool tell_late(std::size_t most);

    /// Ends all entries.
    void abandon_all();

    /// Calls f(entry) for each, which may draw deadlines nearer.
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
