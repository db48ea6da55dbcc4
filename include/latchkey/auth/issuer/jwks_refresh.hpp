#pragma once
// Decides when one issuer's JWK set is fetched, and which answer is used. Its owner fetches and
// keeps the keys. Intervals are measured by the boot clock.
//
// While there is a set, two fetches never begin within one cooldown of each other, for any reason:
// age, a failure, or any number of unknown key ids. An operator's request is no such reason: the
// owner then begins one whenever none is under way.

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <optional>

namespace latchkey::auth {

struct jwks_refresh_settings {
    core::milliseconds interval{600'000}; ///< age at which a set is fetched again
    core::milliseconds cooldown{30'000};  ///< least time between the beginnings of two fetches
    core::milliseconds keep{86'400'000};  ///< longest use of a set, from when its fetch began
    /// In [0, 1), different on each node: a refresh comes after 0.9 to 1.0 of its interval.
    double jitter = 0;
};

/// What an answer says about itself (RFC 9110, sections 6.6.1 and 8.8.2; RFC 9111, section
/// 5.2.2.1).
struct jwks_facts {
    std::optional<core::seconds> max_age{}; ///< at most 2^31 s
    std::optional<core::real_time> last_modified{};
    std::optional<core::real_time> date{};
};

/// Lives on one thread. At most one fetch is under way: from began() to succeeded() or failed().
class jwks_refresh {
  public:
    explicit jwks_refresh(const jwks_refresh_settings& settings) : settings_(settings) {}

    /// True if the schedule wants a fetch now. The first one is due at once.
    bool due(const core::moment& now) const noexcept;
    /// When the schedule wants the next fetch; nullopt while one is under way.
    std::optional<core::boot_time> next_at() const noexcept;

    /// What to do for a key id that the set does not have.
    struct wish {
        enum class action {
            join,  ///< wait for the fetch under way
            begin, ///< begin one
            wait,  ///< begin none before `at`
        };
        action what;
        core::boot_time at{}; ///< set for `wait`
    };
    wish wanted(const core::moment& now) const noexcept;

    void began(const core::moment& now) noexcept;
    enum class answer {
        taken, ///< replaces the set in use
        older, ///< older than the set in use, which stays
    };
    answer succeeded(const core::moment& now, const jwks_facts&) noexcept;
    /// The fetch got no answer, or one that is no JWK set. While there is no set, the next try
    /// comes after 1 s, then twice as long each time, up to the cooldown.
    void failed(const core::moment& now) noexcept;

    /// Returns true once, when the set in use is older than `keep`: it is forgotten here, and the
    /// owner must drop it.
    bool expired(const core::moment& now) noexcept;
    /// When to call expired(), by the boot clock; nullopt without a set.
    std::optional<core::boot_time> expires_at() const noexcept;

    /// When the fetch of the set in use began, or the date of its answer if that is earlier, as it
    /// may be with an HTTP cache in between. A key id that is not in this set is certainly unknown
    /// to the issuer only for tokens issued before this time. Nullopt without a set; call expired()
    /// first.
    std::optional<core::moment> as_of() const noexcept;

    /// Applies from the next fetch on.
    void configure(const jwks_refresh_settings& settings) noexcept { settings_ = settings; }

  private:
    struct set_in_use {
        core::moment fetched; ///< when its fetch began
        jwks_facts facts;
    };
    core::nanoseconds pause_after(const jwks_facts&) const noexcept;

    jwks_refresh_settings settings_;
    bool under_way_ = false;
    core::moment began_at_{}; ///< of the last fetch
    core::boot_time next_at_{};
    core::boot_time cooled_at_{}; ///< end of the last fetch's cooldown
    std::size_t failures_ = 0;    ///< in a row, without a set
    std::optional<set_in_use> in_use_;
};

} // namespace latchkey::auth
