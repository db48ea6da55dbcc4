#pragma once
// For how long tokens may live, and therefore for how long their revocations must be known: by
// issuer, since one issuer's tokens may live for ever.

#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/core/clock.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// A life without an end. Times that are computed with it stay at the end of time.
inline constexpr core::seconds unbounded_life = core::seconds::max();

/// `end + more`, but at most core::real_time::max(). `more` must not be negative.
constexpr core::real_time later_by(core::real_time end, core::seconds more) noexcept {
    constexpr auto last = core::real_time::max();
    if (more >= std::chrono::floor<core::seconds>(last.time_since_epoch())) return last;
    return end > last - more ? last : end + more;
}

/// The longest lives of tokens, including tokens that nothing here knows. Each includes every delay
/// in what is known of the tokens.
struct token_lives {
    std::map<std::string, core::seconds, std::less<>> issuers; ///< other issuers, by `iss`
    core::seconds own{0};                                      ///< tokens that we issue
    core::seconds organizations{0}; ///< all tokens that may name an organization
    core::seconds others{0};        ///< issuers that are not known here; never unbounded

    /// One life for all tokens.
    static token_lives of_all(core::seconds life) { return {{}, life, life, life}; }

    /// False if nothing is known yet; then nothing counts as expired.
    bool known() const noexcept { return others > core::seconds(0); }

    core::seconds of_issuer(std::string_view issuer) const {
        const auto found = issuers.find(issuer);
        return found == issuers.end() ? others : found->second;
    }
    /// True if some tokens live longer than by `before`.
    bool exceed(const token_lives& before) const {
        const auto longer = [&](const auto& one) {
            return of_issuer(one.first) > before.of_issuer(one.first);
        };
        return own > before.own || organizations > before.organizations || others > before.others ||
               std::ranges::any_of(issuers, longer) || std::ranges::any_of(before.issuers, longer);
    }
};

} // namespace latchkey::auth
