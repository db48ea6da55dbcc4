#pragma once
// When a revocation without a date of its own has to be known no more: by classes, small numbers
// that a slot of the table has room for. What a class stands for may change.

#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/auth/token/token_lives.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace latchkey::auth {

/// One thread.
class revocation_lives {
  public:
    static constexpr std::int64_t never_ends = std::numeric_limits<std::int64_t>::max();

    explicit revocation_lives(token_lives lives) { set(std::move(lives)); }

    void set(token_lives);
    const token_lives& get() const noexcept { return lives_; }

    /// Remembers the issuer, up to `issuers_max` of them; those of more count as the longest.
    std::uint16_t class_of(const revocation&);
    /// Of tokens, in seconds, by class.
    const std::vector<std::int64_t>& seconds() const noexcept { return seconds_; }

  private:
    static constexpr std::size_t issuers_max = 1000;
    enum : std::uint16_t { own, organizations, longest, first_issuer };

    token_lives lives_;
    std::vector<std::string> issuers_; ///< from class first_issuer on
    std::vector<std::int64_t> seconds_;
};

} // namespace latchkey::auth
