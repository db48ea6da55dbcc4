#pragma once
// How often a key may be verified; the limit is a part of the key's record. It is checked last, for
// a key that is otherwise good: a request that is refused for another reason costs the key nothing.

#include <latchkey/auth/api_key/api_key_record.hpp>
#include <latchkey/auth/limit/fleet_limits.hpp>
#include <latchkey/core/flow/rate_limiter.hpp>

#include <cstddef>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// What a verification found about a key's limit.
struct key_limit {
    core::rate_rule rule;
    core::rate_decision said;
    bool is_fleet = false; ///< all nodes count it together
};

/// What a key's counter said: its limit, and whether that has to be leased first.
struct key_counted {
    key_limit limit;
    core::lease_decision::standing what = core::lease_decision::standing::allowed;
};

/// The counter of one key that has a limit. Used on its worker; may outlive the record.
/// `limits` is shared by the process and counts only what its own workers answer; `fleet` counts
/// what all nodes count together, or null.
class key_bucket {
  public:
    key_bucket(core::rate_limiter& limits, fleet_limits* fleet, std::size_t worker,
               const api_key_record& with_limit) noexcept;

    /// Takes the cost, or refuses and takes nothing.
    key_counted take(std::uint64_t cost, core::boot_time now) const noexcept;
    /// Returns what `take` would return, and takes nothing.
    key_counted look(std::uint64_t cost, core::boot_time now) const noexcept;
    /// Tells it from other limits (charged_limits).
    std::uint64_t number() const noexcept { return fleet_ ? shared_.low : key_.number(); }
    /// Call it if nothing is leased.
    lease_wanted wanted(std::uint64_t cost) const;

  private:
    key_counted counted(const core::lease_decision&, std::uint64_t cost) const noexcept;

    core::rate_limiter& limits_;
    fleet_limits* const fleet_; ///< null: the limiter counts it
    const std::size_t worker_;
    const core::rate_rule rule_;
    const std::string key_id_; ///< of a limit that is leased
    const core::rate_key key_;
    const core::lease_key shared_;
    const bool is_fleet_;
};

/// Gives the answer of a valid key, which `out` ends in, one more member:
/// `"rate_limit":{"quantity":…,"window":…,"burst":…,"remaining":…,"reset":…}`, and
/// `"scope":"fleet"` if all nodes count it together. Times are seconds, rounded up; `reset` is the
/// time until the whole burst is available again.
void append_limit(std::string& out, const key_limit&);
/// Gives it another: `"credits":{"remaining":…}`.
void append_credits(std::string& out, std::uint64_t remaining);
/// Appends {"valid":false,"code":"RATE_LIMITED","rate_limit":…}.
void append_limited(std::string& out, const key_limit&);

} // namespace latchkey::auth
