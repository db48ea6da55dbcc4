#include "api/public/device_check.hpp"

#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/auth/why_malformed.hpp>

namespace latchkey::api {

device_check::device_check(public_api& api, valid_answer& endpoint)
    : device_verification(api.devices), api_(api), endpoint_(endpoint) {}

credential_check::progress device_check::begin(http::exchange& ex) {
    ex.note.kind = "device";
    ex.charged.begin(role);
    const auto claim = is_known ? api_.devices.claim_of_known(device_id)
                                : api_.devices.claim(device_id, device_secret);
    if (!claim) {
        note_verdict(ex, auth::verdict::invalid_format);
        ex.reason = auth::why_malformed_device(device_id, device_secret);
        endpoint_.refuse(ex, api_.body, auth::verdict::invalid_format);
        return progress::answered;
    }
    if (const auto why = api_.gate.unless_admitted(ex, counted::device, device_id)) {
        ex.refuse(*why);
        return progress::answered;
    }
    asker_ = &ex;
    since = api_.held.now();
    start(*claim);
    organization = organization_bound(ex);
    terms = cache_terms_of(ex);
    const auto at = api_.read_clocks();
    const auto answer_hit = [&](const auto& decided, const auth::device_record* found,
                                const core::moment& asked) {
        answer(ex, decided, found, {auth::answer_source::hit, asked, at.now});
        if (decided.what == auth::verdict::valid) ex.note_time(at.now.boot);
    };
    if (terms.read && from_cache(request, at, organization_limit(api_.gate, ex), answer_hit))
        return progress::answered;
    return ask(device_secret, at.now) ? progress::waiting : settle(ex, at.now);
}

credential_check::progress device_check::go_on(http::exchange& ex) {
    ex.charged.begin(role);
    if (!is_held) return settle(ex, core::moment::now());
    note_verdict(ex, auth::verdict::invalid_credentials);
    endpoint_.refuse(ex, api_.body, auth::verdict::invalid_credentials);
    return progress::answered;
}

// Decides by what has come, or asks for what is missing.
credential_check::progress device_check::settle(http::exchange& ex, const core::moment& now) {
    while (true) {
        const auto decided = conclude(request, now.real, organization_limit(api_.gate, ex));
        if (decided && organization && decided->what == auth::verdict::invalid_credentials) {
            api_.held.hold(*this);
            return progress::waiting;
        }
        if (decided) {
            answer(ex, *decided, record.get(), {source, asked_at, now});
            return progress::answered;
        }
        if (ask(device_secret, now)) return progress::waiting;
    }
}

void device_check::answer(http::exchange& ex,
                          const auth::device_decision<std::optional<http::refusal>>& decided,
                          const auth::device_record* found, const finding& how) {
    if (auth::leaves_open(decided.refusal)) return ex.refuse(*decided.refusal);
    if (!decided.what) return refuse_undecided(ex, called, decided.reason);
    note_verdict(ex, *decided.what, found ? found->facts().device_id : std::string_view(),
                 found ? found->facts().organization_id : std::string_view(), how.how);
    if (decided.refusal) return ex.refuse(*decided.refusal);
    if (*decided.what == auth::verdict::valid) return endpoint_.answer(ex, *found, how);
    endpoint_.refuse(ex, api_.body, *decided.what);
}

void device_check::reset() noexcept {
    device_verification::reset();
    asker_ = nullptr;
    api_.held.drop(*this);
}

} // namespace latchkey::api
