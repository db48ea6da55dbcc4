#pragma once
// To a caller of one organization, a credential of another's is as unknown as one that does not
// exist. A look-up takes longer for what exists, though: its row is read, sent and decoded. So what
// a look-up has found unknown to such a caller is answered at a tick of the worker that the
// question's arrival decides: the second one after it. A look-up that takes longer than that is
// answered at the next tick.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace latchkey::api {

/// One per worker, used on its thread.
class held_answers {
  public:
    /// An answer that waits for its tick.
    class held {
      public:
        virtual void tick_came() noexcept = 0;
        std::uint64_t since = 0; ///< `now()` at the question's arrival
        bool is_held = false;    ///< until it is dropped

      protected:
        ~held() = default;
    };

    /// How many ticks there were.
    std::uint64_t now() const noexcept { return now_; }
    void hold(held& one) {
        one.is_held = true;
        all_.push_back(&one);
    }
    /// Forgets one, whether its tick has come or not. Does nothing if it is not held.
    void drop(held&) noexcept;
    /// Call it each net::deadline_wheel::tick.
    void tick();
    std::size_t size() const noexcept { return all_.size(); }

  private:
    std::uint64_t now_ = 0;
    std::vector<held*> all_;
    std::vector<held*> due_; // reused
};

} // namespace latchkey::api
