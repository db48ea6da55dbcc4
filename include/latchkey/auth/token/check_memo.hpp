#pragma once
// What the checks of one batch came to: a token that is in it more than once is checked once,
// whatever may be read from the caches or kept there.

#include <latchkey/auth/token/token_record.hpp>
#include <latchkey/auth/verdict.hpp>
#include <latchkey/core/cache/fingerprint.hpp>

#include <map>
#include <utility>

namespace latchkey::auth {

/// Lives with its batch, whose items bound it.
class check_memo {
  public:
    struct outcome {
        kept_proof proof;                          ///< without record and unfit: `refused`
        verdict refused = verdict::invalid_format; ///< the signature is not good
        bool good() const noexcept { return proof.record || proof.unfit; }
    };
    /// Null: it was not checked yet.
    const outcome* find(const core::fingerprint& key) const {
        const auto found = all_.find(key);
        return found == all_.end() ? nullptr : &found->second;
    }
    void add(const core::fingerprint& key, outcome what) {
        all_.insert_or_assign(key, std::move(what));
    }
    void clear() noexcept { all_.clear(); }

  private:
    std::map<core::fingerprint, outcome> all_;
};

} // namespace latchkey::auth
