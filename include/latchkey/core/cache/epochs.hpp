#pragma once
// When may memory go back that lock-free readers might still be looking at? (Epoch-based
// reclamation: K. Fraser, "Practical lock-freedom", 2004, section 5.2.3.)
//
// The rules:
//  1. A reader pins before it loads a shared pointer, and touches what it found only while pinned.
//     A pin is a plain callback's stack frame: nothing waits in it.
//  2. A writer first unlinks, so that nobody can find the thing any more; then it calls `advance`;
//     and it frees the thing once `passed` says so of the epoch that `advance` gave.
//  3. All pointer loads, the unlinking stores and everything in here are sequentially consistent
//     operations: either the reader's load comes after the unlinking, or the writer sees the pin.
//     There are no fences, which the thread sanitizer could not follow.
//
// A pin costs one exchange on a cache line of the reader's own. A reader that stays away pins
// nothing, so an idle thread holds nobody up.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey::core {

class epochs {
  public:
    /// One per reading thread, used by that thread alone.
    class alignas(64) reader {
      public:
        /// Nests.
        class pin {
          public:
            explicit pin(reader& r) noexcept : reader_(r) {
                if (reader_.depth_++ == 0) reader_.enter();
            }
            ~pin() {
                if (--reader_.depth_ == 0) reader_.pinned_at_.store(0, std::memory_order_release);
            }
            pin(const pin&) = delete;
            pin& operator=(const pin&) = delete;

          private:
            reader& reader_;
        };

      private:
        friend class epochs;
        void enter() noexcept { pinned_at_.exchange(epoch_->load()); }

        std::atomic<std::uint64_t> pinned_at_{0}; // 0: not pinned
        const std::atomic<std::uint64_t>* epoch_ = nullptr;
        std::size_t depth_ = 0;
    };

    explicit epochs(std::size_t readers);

    reader& at(std::size_t i) noexcept { return readers_[i]; }
    std::size_t readers() const noexcept { return count_; }

    // --- writers, any thread ---
    /// After unlinking. The epoch that has to pass.
    std::uint64_t advance() noexcept { return epoch_.fetch_add(1) + 1; }
    /// Every reader that could have found what was unlinked before `advance` gave `epoch` is done.
    bool passed(std::uint64_t epoch) const noexcept { return oldest() >= epoch; }
    /// The oldest epoch that a reader is pinned at; the largest number when none is.
    std::uint64_t oldest() const noexcept;

  private:
    std::atomic<std::uint64_t> epoch_{1};
    std::size_t count_;
    std::unique_ptr<reader[]> readers_;
};

} // namespace latchkey::core
