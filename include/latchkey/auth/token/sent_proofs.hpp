#pragma once
// Proofs that a worker has sent to their home core, which alone may write them into the cache:
// until they are there, the worker that made them knows them from here, and checks nothing twice.

#include <latchkey/auth/token/token_record.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace latchkey::auth {

/// Lives on its worker. The last few, and no longer than the cache would keep them.
class sent_proofs {
  public:
    void add(const core::fingerprint& key, kept_proof proof, core::boot_time until) {
        slots_[next_] = {key, std::move(proof), until};
        next_ = (next_ + 1) % slots_.size();
    }
    /// Null: it is not among them.
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
