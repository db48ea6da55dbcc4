#pragma once
// How often a key may be verified; the limit is a part of the key's record. It is checked last, for
// a key that is otherwise good: a request that is refused for another reason costs the key nothing.

#include <latchkey/auth/api_key/api_key_record.hpp>
#include <latchkey/core/flow/rate_limiter.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// What a verification found about a key's limit.
struct key_limit {
    core::rate_rule rule;
    core::rate_decision said;
};

/// The counter of one key that has a limit. May be used on any worker; must not outlive the record.
/// `limits` is shared by the process and counts only what its own workers answer.
class key_bucket {
  public:
    key_bucket(core::rate_limiter& limits, const api_key_record& with_limit) noexcept;

    const core::rate_rule& rule() const noexcept { return rule_; }
    /// Names it to the limiter, beyond the record's life.
    core::rate_key name() const noexcept { return key_; }

    /// Takes the cost, or refuses and takes nothing.
    key_limit take(std::uint64_t cost, core::boot_time now) const noexcept {
        return {rule_, limits_.take(key_, rule_, cost, now)};
    }
    /// Returns what `take` would return, and takes nothing.
    key_limit look(std::uint64_t cost, core::boot_time now) const noexcept {
        return {rule_, limits_.look(key_, rule_, cost, now)};
    }

  private:
    core::rate_limiter& limits_;
    const core::rate_rule& rule_;
    const core::rate_key key_;
};

/// Gives the answer of a valid key, which `out` ends in, one more member:
/// `"rate_limit":{"quantity":…,"window":…,"burst":…,"remaining":…,"reset":…}`. Times are seconds,
/// rounded up; `reset` is the time until the whole burst is available again.
void append_limit(std::string& out, const key_limit&);
/// Appends {"valid":false,"code":"RATE_LIMITED","rate_limit":…}.
void append_limited(std::string& out, const key_limit&);

} // namespace latchkey::auth
