#pragma once
// For how long a token may live, and so for how long what revokes it has to be known: by issuer,
// since one issuer's tokens may live for ever.

#include <latchkey/auth/revocation/revocation.hpp>
#include <latchkey/core/clock.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// A life without an end. Times that are counted with it stay at the end of time.
inline constexpr core::seconds unbounded_life = core::seconds::max();

/// `end + more`, held at the end of time. `more` is not negative.
constexpr core::real_time later_by(core::real_time end, core::seconds more) noexcept {
    constexpr auto last = core::real_time::max();
    if (more >= std::chrono::floor<core::seconds>(last.time_since_epoch())) return last;
    return end > last - more ? last : end + more;
}

/// Of tokens that nothing here is known of, too. Each with all that delays what is known of it.
struct token_lives {
    std::map<std::string, core::seconds, std::less<>> issuers; ///< of other issuers, by `iss`
    core::seconds own{0};                                      ///< of those that we issue
    core::seconds organizations{0}; ///< of all that may name an organization
    core::seconds others{0};        ///< of issuers that are not known here; never unbounded

    /// The same for all.
    static token_lives of_all(core::seconds life) { return {{}, life, life, life}; }

    /// False: nothing is known yet, and nothing is too old.
    bool known() const noexcept { return others > core::seconds(0); }

    core::seconds of_issuer(std::string_view issuer) const {
        const auto found = issuers.find(issuer);
        return found == issuers.end() ? others : found->second;
    }
    /// Some tokens live longer than by these others.
    bool exceed(const token_lives& before) const {
        const auto longer = [&](const auto& one) {
            return of_issuer(one.first) > before.of_issuer(one.first);
        };
        return own > before.own || organizations > before.organizations || others > before.others ||
               std::ranges::any_of(issuers, longer) || std::ranges::any_of(before.issuers, longer);
    }
};

} // namespace latchkey::auth
