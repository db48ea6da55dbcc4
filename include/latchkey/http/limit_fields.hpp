#pragma once
// RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10), for the answer to a
// request that limits apply to: of the limit that leaves least.
//
//   RateLimit-Policy: "verify-token";q=100;w=60     the quota, in each window of so many seconds
//   RateLimit: "verify-token";r=50;t=30             what is left, and in how many seconds it is all
//                                                   there again

#include <latchkey/core/flow/rate_limiter.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::http {

class limit_fields {
  public:
    static constexpr std::size_t name_bytes_max = 64;

    /// Of several, the one that leaves least stays; a refusal stays whatever comes.
    /// `name`: a token of at most 64 characters.
    void note(std::string_view name, const core::rate_rule&, const core::rate_decision&) noexcept;
    /// Whole lines, or nothing; valid until the next call.
    std::string_view lines() noexcept;

  private:
    // Two names, four numbers of 20 digits and what stands around them.
    static constexpr std::size_t bytes_max = 2 * name_bytes_max + std::size_t{4} * 20 + 64;

    std::optional<core::rate_rule> rule_; // nothing: no limit applies
    core::rate_decision said_;
    std::size_t name_size_ = 0;
    // Written when a limit applies, and not before.
    char name_[name_bytes_max]; // a reload may take the policy's own away
    char lines_[bytes_max];
};

/// In whole seconds, rounded up.
std::uint64_t seconds_until(core::nanoseconds) noexcept;

} // namespace latchkey::http
