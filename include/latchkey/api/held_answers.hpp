#pragma once
// To a caller of one organization, a credential of another's is as unknown as one that does not
// exist. A look-up takes longer for what exists, though: its row is read, sent and decoded. So what
// a look-up has found unknown to such a caller is answered at the worker's next tick, a time that
// does not depend on the question.

#include <cstddef>
#include <vector>

namespace latchkey::api {

/// One per worker, used on its thread.
class held_answers {
  public:
    /// An answer that waits for the tick.
    class held {
      public:
        virtual void tick_came() noexcept = 0;

      protected:
        ~held() = default;
    };

    void hold(held& one) { all_.push_back(&one); }
    /// Forgets one that will not wait for the tick after all.
    void drop(held&) noexcept;
    /// Call it each net::deadline_wheel::tick.
    void release();
    std::size_t size() const noexcept { return all_.size(); }

  private:
    std::vector<held*> all_;
    std::vector<held*> released_; // reused
};

} // namespace latchkey::api
