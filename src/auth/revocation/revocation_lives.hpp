#pragma once
// How long a revocation without a date of its own must be known: by class, a small number that fits
// into a slot of the table. The life of a class may change.

#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/auth/token/token_lives.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace latchkey::auth {

/// Used on one thread.
class revocation_lives {
  public:
    static constexpr std::int64_t never_ends = std::numeric_limits<std::int64_t>::max();

    explicit revocation_lives(token_lives lives) { set(std::move(lives)); }

    void set(token_lives);
    const token_lives& get() const noexcept { return lives_; }

    /// Remembers the issuer. Issuers beyond `issuers_max` get the class with the longest life.
    std::uint16_t class_of(const revocation&);
    /// The lives of tokens, in seconds, by class.
    const std::vector<std::int64_t>& seconds() const noexcept { return seconds_; }

  private:
    static constexpr std::size_t issuers_max = 1000;
    enum : std::uint16_t { own, organizations, longest, first_issuer };

    token_lives lives_;
    std::vector<std::string> issuers_; ///< the issuers of the classes from first_issuer on
    std::vector<std::int64_t> seconds_;
};

} // namespace latchkey::auth
