#include "api/public/token_check.hpp"

#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

credential_check::progress token_check::verify(http::exchange& ex,
                                               std::optional<core::moment> first) {
    ex.note.kind = "token";
    auth::refused_token whose;
    request.organization = organization_bound(ex);
    if (!request.organization) request.organization = only;
    request.refused = &whose;
    const auto shared = token_organization_limit(api_.gate, ex);
    const auto valid = [&](const auth::token_record& found, auth::answer_source how,
                           const core::moment& verified_at, const core::moment& now) {
        note_token(ex, found, how);
        endpoint_.answer(ex, found, {how, verified_at, now});
        ex.note_time(now.boot);
    };
    ex.charged.begin(core::charged_limits::stage::subject);
    auto at = api_.read_clocks();
    at.first = first;
    auto decided = api_.tokens.verify(presented, request, cache_terms_of(ex), at, shared, valid);
    request.refused = nullptr;
    if (!first && !decided.ask_for_keys_of.empty()) {
        issuer = std::move(decided.ask_for_keys_of);
        asker_ = &ex;
        trace = ex.trace;
        asked_at_ = core::moment::now();
        api_.tokens.ask_for_keys(*this);
        return progress::waiting;
    }
    if (refuse_left_open(ex, api_, decided.refusal)) return progress::answered;
    api_.tokens.count(decided.what);
    if (decided.what && *decided.what != auth::verdict::valid)
        note_refused_token(ex, *decided.what, whose);
    if (decided.what == auth::verdict::invalid_format)
        ex.reason = api_.tokens.why_malformed(presented);
    if (!decided.what)
        refuse_undecided(ex, "the token", decided.reason, decided.retry_after);
    else if (decided.refusal)
        ex.refuse(*decided.refusal);
    else if (*decided.what != auth::verdict::valid)
        endpoint_.refuse(ex, api_.body, *decided.what);
    return progress::answered;
}

// Whoever comes again is counted then.
bool refuse_left_open(http::exchange& ex, public_api& api,
                      const std::optional<http::refusal>& why) {
    if (!auth::leaves_open(why)) return false;
    if (!why->comes_again()) api.tokens.count(std::nullopt);
    ex.refuse(*why);
    return true;
}

bool is_own(public_api& api, const auth::token_claims& claims) {
    bool own = false;
    api.with_own_issuer(
        [&](const auth::own_issuer& us) { own = us.known_as.rules.issuer == claims.issuer; });
    return own;
}

} // namespace latchkey::api
