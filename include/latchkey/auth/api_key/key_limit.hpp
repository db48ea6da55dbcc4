#pragma once
// How often a key may be verified, as it stands with the key. It is asked for last, of a key that
// is good otherwise: what is refused for another reason costs the key nothing.

#include <latchkey/auth/api_key/api_key_record.hpp>
#include <latchkey/core/flow/rate_limiter.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// What a verification has found of a key's limit.
struct key_limit {
    core::rate_rule rule;
    core::rate_decision said;
};

/// Where a key that has a limit is counted. Any worker; `limits` is the process's, and counts what
/// its own workers answer. Not longer than the record.
class key_bucket {
  public:
    key_bucket(core::rate_limiter& limits, const api_key_record& with_limit) noexcept;

    /// Takes the cost, or refuses and takes nothing.
    key_limit take(std::uint64_t cost, core::boot_time now) const noexcept {
        return {rule_, limits_.take(key_, rule_, cost, now)};
    }
    /// What `take` would say.
    key_limit look(std::uint64_t cost, core::boot_time now) const noexcept {
        return {rule_, limits_.look(key_, rule_, cost, now)};
    }

  private:
    core::rate_limiter& limits_;
    const core::rate_rule& rule_;
    const core::rate_key key_;
};

/// A valid key's answer with
/// `"rate_limit":{"quantity":…,"window":…,"burst":…,"remaining":…,"reset":…}` at its end: times in
/// seconds, rounded up; `reset`: until the whole burst is there again. Appends.
void append_answer(std::string& out, std::string_view answer, const key_limit&);
/// {"valid":false,"code":"RATE_LIMITED","rate_limit":…}. Appends.
void append_limited(std::string& out, const key_limit&);

} // namespace latchkey::auth
