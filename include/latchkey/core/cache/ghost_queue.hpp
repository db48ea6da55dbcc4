#pragma once
// The hashes of what was evicted last, without the values: an entry that comes back while it is
// remembered was evicted too soon. Sets of four, each hash with the count of its arrival; what is
// older than `length` arrivals is forgotten. One thread.

#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey::core {

class ghost_queue {
  public:
    explicit ghost_queue(std::size_t length);

    void add(std::uint64_t hash);
    /// Whether it was there; it is not afterwards.
    bool take(std::uint64_t hash);
    std::size_t bytes() const noexcept { return sets_ * ways * sizeof(slot); }

  private:
    struct slot {
        std::uint32_t tag;
        std::uint32_t arrived; // 0: empty
    };
    struct give_back {
        void operator()(slot* memory) const noexcept;
    };
    static constexpr std::size_t ways = 4;
    slot* set_of(std::uint64_t hash) noexcept;
    bool remembered(const slot& s) const noexcept {
        return s.arrived != 0 && arrivals_ - s.arrived < length_;
    }

    std::uint32_t length_;
    std::uint32_t arrivals_ = 0;
    std::size_t sets_;
    std::unique_ptr<slot[], give_back> slots_; // zero pages until they are written
};

} // namespace latchkey::core
