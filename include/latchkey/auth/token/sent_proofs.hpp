#pragma once
// Proofs that a worker has sent to their owner cores, which alone may write them into the cache.
// Until they arrive there, the worker that made them finds them here, and checks no token twice.

#include <latchkey/auth/token/token_record.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace latchkey::auth {

/// Lives on its worker's thread. Keeps the last few, and none longer than the cache would.
class sent_proofs {
  public:
    void add(const core::fingerprint& key, kept_proof proof, core::boot_time until) {
        slots_[next_] = {key, std::move(proof), until};
        next_ = (next_ + 1) % slots_.size();
    }
    /// Null if it is not among them.
    const kept_proof* find(const core::fingerprint& key, core::boot_time now) const noexcept {
        for (const auto& s : slots_)
            if (s.until > now && s.key == key) return &s.proof;
        return nullptr;
    }

  private:
    struct slot {
        core::fingerprint key{};
        kept_proof proof;
        core::boot_time until{};
    };
    std::array<slot, 16> slots_{};
    std::size_t next_ = 0;
};

} // namespace latchkey::auth
