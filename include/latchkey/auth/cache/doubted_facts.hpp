#pragma once
// Which cached facts may be of a database that is no more: they were asked for after the last sign
// that the database will remember, and then the feed's connection was lost. If a copy of its files
// was put back meanwhile, no change will ever tell of them.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace latchkey::auth {

/// Spans of sequence numbers (fact_origin::sequence). Of many spans, the oldest two become one, and
/// what lies between them is doubted, too: that costs look-ups and nothing else.
class doubted_facts {
  public:
    static constexpr std::size_t spans_max = 32;

    // --- any thread ---
    /// True for any number while spans are changed.
    bool have(std::uint64_t sequence) const noexcept {
        if (sequence >= end_.load() || sequence < begin_.load()) return false;
        const auto version = version_.load();
        return is_within(sequence) || version % 2 != 0 || version_.load() != version;
    }

    // --- the thread that applies the feed ---
    /// Adds the numbers from `begin` until before `end`, which is not lower than in the call
    /// before.
    void add(std::uint64_t begin, std::uint64_t end) noexcept {
        if (begin >= end) return;
        auto& oldest = spans_[next_ % spans_max];
        auto& second = spans_[(next_ + 1) % spans_max];
        ++next_;
        version_.fetch_add(1);
        if (oldest.end != 0) second.begin.store(std::min(second.begin.load(), oldest.begin.load()));
        oldest.begin.store(begin);
        oldest.end.store(end);
        begin_.store(std::min(begin_.load(), begin));
        version_.fetch_add(1);
        end_.store(end);
    }

  private:
    struct span {
        std::atomic<std::uint64_t> begin{0};
        std::atomic<std::uint64_t> end{0};
    };

    bool is_within(std::uint64_t sequence) const noexcept {
        return std::ranges::any_of(
            spans_, [&](const span& s) { return sequence < s.end && sequence >= s.begin; });
    }

    std::array<span, spans_max> spans_;
    std::atomic<std::uint64_t> begin_{UINT64_MAX};
    std::atomic<std::uint64_t> end_{0};
    std::atomic<std::uint64_t> version_{0}; ///< odd while spans are changed
    std::size_t next_ = 0;
};

} // namespace latchkey::auth
