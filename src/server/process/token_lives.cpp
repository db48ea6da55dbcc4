#include "server/process/token_lives.hpp"

#include <algorithm>
#include <chrono>

namespace latchkey::server {

auth::token_lives lives_of(const configuration& settings, const loaded_issuers& issuers) {
    constexpr core::seconds leeway_max{60};
    // At least the usual lifetime, because other nodes, or a reload, may have issuers with that,
    // and all nodes share the stored revocations.
    const auto usual = auth::issuer_rules().max_token_lifetime;
    const auto delayed = [&](core::seconds life) {
        if (life == auth::unbounded_life) return life;
        return std::max(life, usual) + leeway_max +
               std::chrono::ceil<core::seconds>(settings.cache.max_staleness);
    };
    auth::token_lives out;
    out.own = out.organizations = out.others = delayed(settings.tokens.expires_in_max);
    for (const auto& one : issuers.all) {
        const auto life = delayed(one.rules.max_token_lifetime);
        out.issuers[one.rules.issuer] = life;
        if (one.rules.revocable && !one.rules.organization_claim.empty())
            out.organizations = std::max(out.organizations, life);
        if (life != auth::unbounded_life) out.others = std::max(out.others, life);
    }
    return out;
}

} // namespace latchkey::server
