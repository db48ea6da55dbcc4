#pragma once
// The outcomes of the checks of one batch: a token that occurs more than once is checked once, even
// if the caches may not be read or filled.

#include <latchkey/auth/token/token_record.hpp>
#include <latchkey/auth/verdict.hpp>
#include <latchkey/core/cache/fingerprint.hpp>

#include <map>
#include <utility>

namespace latchkey::auth {

/// Lives as long as its batch, whose items bound its size.
class check_memo {
  public:
    struct outcome {
        kept_proof proof;                          ///< empty if the signature is bad: see `refused`
        verdict refused = verdict::invalid_format; ///< if the signature is bad
        bool good() const noexcept { return proof.record || proof.unfit; }
    };
    /// Null if it was not checked yet.
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
