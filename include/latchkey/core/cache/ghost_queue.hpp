#pragma once
// The hashes of the entries that were evicted last, without their values: an entry that comes back
// while its hash is remembered was evicted too soon. The hashes lie in sets of four, each with the
// number of its insertion; a hash is forgotten after `length` further insertions. For one thread.

#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey::core {

class ghost_queue {
  public:
    explicit ghost_queue(std::size_t length);

    void add(std::uint64_t hash);
    /// Removes the hash. Returns whether it was there.
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
