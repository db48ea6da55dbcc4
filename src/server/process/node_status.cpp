#include "server/process/node_status.hpp"

#include <latchkey/core/text/json_text.hpp>

namespace latchkey::server {

namespace {

api::check revocations_check(const auth::revocation_set& revocations) {
    if (revocations.whole()) return {"revocations", true, ""};
    return {"revocations", false,
            "there are more revocations of tokens than cache.revocations_max, " +
                std::to_string(revocations.entries_max()) + ": raise it and restart",
            "REVOCATIONS_INCOMPLETE"};
}

api::check breaker_check(const core::circuit_breaker& breaker) {
    const auto state = breaker.state();
    if (state == core::breaker_state::closed) return {"breaker", true, ""};
    return {"breaker", false,
            std::string(core::name_of(state)) +
                ": the database does not answer; look-ups get 503, cached answers go on",
            state == core::breaker_state::open ? "BREAKER_OPEN" : "BREAKER_HALF_OPEN"};
}

} // namespace

std::vector<api::check> checks_of(const issuer_jwks& keys, const auth::revocation_set& revocations,
                                  const core::circuit_breaker& breaker) {
    const auto problem = keys.problem();
    return {{"issuers", problem.empty(), problem, "ISSUER_KEYS_UNAVAILABLE"},
            revocations_check(revocations),
            breaker_check(breaker)};
}

std::string details_of(const auth::revocation_set& revocations,
                       const auth::signing_key_keeper& keeper) {
    std::string out = R"(,"revocations":{"entries":)";
    out += std::to_string(revocations.entries.value()) + R"(,"entries_max":)";
    out += std::to_string(revocations.entries_max());
    out += revocations.whole() ? R"(,"whole":true})" : R"(,"whole":false})";
    const auto why_not = keeper.why_not_issuing();
    out += why_not.empty() ? R"(,"issuing":{"possible":true)"
                           : R"(,"issuing":{"possible":false,"reason":)";
    if (!why_not.empty()) core::append_json_string(out, why_not);
    return out + '}';
}

} // namespace latchkey::server
