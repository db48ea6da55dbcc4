#pragma once
// Changes of revocations in the order in which they were applied, packed into chunks of bytes: an
// ordinary one takes about thirty. The oldest chunks can be dropped.

#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

namespace latchkey::auth {

/// Used on one thread. Ended generations (revocation::below_generation) are not kept in it.
class revocation_log {
  public:
    /// A place between two entries, as `read` goes. It stays what it is when the oldest chunks are
    /// dropped.
    struct position {
        std::size_t chunk = 0; ///< 0: the last one
        std::size_t byte = 0;
    };

    void add(const revocation_change&, core::boot_time now);
    /// Calls `use` for all entries, in order.
    void for_each(const std::function<void(const revocation_change&)>& use) const;
    /// Calls `use` for the entries from a place on, those of later chunks first, until it returns
    /// false; returns the place behind the last entry that was used.
    position read(position from, const std::function<bool(const revocation_change&)>& use) const;

    /// Drops the chunks whose last entry was added before `time`; returns how many entries went.
    std::size_t drop_before(core::boot_time time);
    /// Drops the oldest chunk; returns how many entries went.
    std::size_t drop_oldest();

    std::size_t entries() const noexcept { return entries_; }
    /// Memory, with what chunks have reserved.
    std::size_t bytes() const noexcept { return bytes_; }

  private:
    static constexpr std::size_t chunk_bytes = 64 << 10;
    struct chunk {
        std::string bytes;
        std::size_t entries = 0;
        core::boot_time last_added{};

        std::size_t size() const noexcept { return sizeof(chunk) + bytes.capacity(); }
    };

    std::deque<chunk> chunks_;
    std::size_t entries_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace latchkey::auth
