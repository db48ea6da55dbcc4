#pragma once
// Tells when memory may be freed that lock-free readers may still be looking at (epoch-based
// reclamation: K. Fraser, "Practical lock-freedom", 2004, section 5.2.3).
//
// The rules:
//  1. A reader pins before it loads a shared pointer, and uses what it found only while pinned. A
//     pin lives on the stack of a plain callback, which must not wait.
//  2. A writer first unlinks the object, so that nobody can find it any more; then it calls
//     `advance`; it frees the object once `passed` returns true for the epoch that `advance`
//     returned.
//  3. All pointer loads, the unlinking stores and everything in here are sequentially consistent
//     operations: either the reader's load comes after the unlinking, or the writer sees the pin.
//     There are no fences, because the thread sanitizer cannot follow them.
//
// A pin costs one exchange on a cache line of the reader's own. A thread that is not pinned delays
// nobody, so an idle thread does no harm.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey::core {

class epochs {
  public:
    /// One for each reading thread, used by that thread alone.
    class alignas(64) reader {
      public:
        /// Pins the reader for its lifetime. Pins may nest.
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
    /// Call it after unlinking. Returns the epoch that has to pass before the object may be freed.
    std::uint64_t advance() noexcept { return epoch_.fetch_add(1) + 1; }
    /// True if every reader is done that could have found what was unlinked before `advance`
    /// returned `epoch`.
    bool passed(std::uint64_t epoch) const noexcept { return oldest() >= epoch; }
    /// The oldest epoch that a reader is pinned at, or the largest number if none is pinned.
    std::uint64_t oldest() const noexcept;

  private:
    std::atomic<std::uint64_t> epoch_{1};
    std::size_t count_;
    std::unique_ptr<reader[]> readers_;
};

} // namespace latchkey::core
