#pragma once
// The fields RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10) of an answer.
// If several limits apply, they tell about the one with the least left.
//
//   RateLimit-Policy: "verify-token";q=100;w=60     the quota, and the window in seconds
//   RateLimit: "verify-token";r=50;t=30             what is left, and the seconds until all of it
//                                                   is available again

#include <latchkey/core/flow/rate_limiter.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::http {

class limit_fields {
  public:
    static constexpr std::size_t name_bytes_max = 64;

    /// Keeps the limit that leaves least; a refusal stays, whatever is noted later. `name`: a token
    /// of at most 64 characters.
    void note(std::string_view name, const core::rate_rule&, const core::rate_decision&) noexcept;
    /// Returns whole lines, or an empty text if no limit applies. Valid until the next call.
    std::string_view lines() noexcept;

  private:
    // Two names, four numbers of at most 20 digits, and the text around them.
    static constexpr std::size_t bytes_max = 2 * name_bytes_max + std::size_t{4} * 20 + 64;

    std::optional<core::rate_rule> rule_; // nullopt: no limit applies
    core::rate_decision said_;
    std::size_t name_size_ = 0;
    // Not initialised until a limit applies.
    char name_[name_bytes_max]; // a copy: a reload may destroy the policy's own
    char lines_[bytes_max];
};

/// Returns whole seconds, rounded up.
std::uint64_t seconds_until(core::nanoseconds) noexcept;

} // namespace latchkey::http
