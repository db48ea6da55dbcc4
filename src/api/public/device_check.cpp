#include "api/public/device_check.hpp"

#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

credential_check::progress device_check::begin(http::exchange& ex) {
    const auto claim = api_.devices.claim(device_id, device_secret);
    if (!claim) {
        answer_invalid(ex, api_.body, auth::verdict::invalid_format);
        return progress::answered;
    }
    if (const auto why = api_.gate.unless_admitted(ex, counted::device, device_id)) {
        ex.refuse(*why);
        return progress::answered;
    }
    claim_ = *claim;
    asker_ = &ex;
    api_.devices.place(*this, claim_);
    terms = cache_terms_of(ex);
    if (!terms.read) return follow(ex, {}, {});
    bool answering = false; // set when `answer` is called, which may finish later
    const auto answer_hit = [&](const auth::device_record& found, const core::moment& asked,
                                const core::moment& now) {
        answering = true;
        endpoint_.answer(ex, found, {auth::answer_source::hit, asked, now});
        ex.note_time(now.boot);
    };
    const auto admit = [&](const auth::device_record& found) { return admits(ex, found); };
    const auto decision = api_.devices.from_cache(*this, claim_, request, admit, answer_hit);
    return answering ? progress::answered : follow(ex, decision, {});
}

credential_check::progress device_check::go_on(http::exchange& ex) {
    const auto now = core::moment::now();
    const auto admit = [&](const auth::device_record& found) { return admits(ex, found); };
    return follow(ex,
                  asked_password_
                      ? api_.devices.conclude(*this, password_.outcome(), request, now.real, admit)
                      : api_.devices.conclude(*this, claim_, request, now.real, admit),
                  now);
}

// Returns false if the exchange was refused.
bool device_check::admits(http::exchange& ex, const auth::device_record& found) {
    const auto why =
        api_.gate.unless_admitted(ex, counted::organization, found.facts().organization_id);
    if (why) ex.refuse(*why);
    return !why;
}

credential_check::progress device_check::follow(http::exchange& ex,
                                                const auth::device_decision& decision,
                                                const core::moment& now) {
    switch (decision.next) {
    case auth::device_decision::step::look_up:
        api_.devices.ask(*this);
        return progress::waiting;
    case auth::device_decision::step::password:
        return check_password(ex, core::moment::now());
    case auth::device_decision::step::decided:
        return settle(ex, decision.what, now);
    case auth::device_decision::step::undecided:
        break;
    }
    refuse_undecided(ex, "the device", asked_password_ ? password_.reason() : reason);
    return progress::answered;
}

credential_check::progress device_check::check_password(http::exchange& ex,
                                                        const core::moment& now) {
    asked_password_ = true;
    const auto outcome = api_.devices.check_password(password_, *this, claim_, device_secret, now);
    if (outcome == auth::password_outcome::waiting) return progress::waiting;
    const auto admit = [&](const auth::device_record& found) { return admits(ex, found); };
    return follow(ex, api_.devices.conclude(*this, outcome, request, now.real, admit), now);
}

credential_check::progress device_check::settle(http::exchange& ex, auth::verdict verdict,
                                                const core::moment& now) {
    if (verdict == auth::verdict::valid)
        endpoint_.answer(ex, *record, {source, asked_at, now});
    else if (verdict != auth::verdict::rate_limited) // otherwise it was answered
        answer_invalid(ex, api_.body, verdict);
    return progress::answered;
}

void device_check::reset() noexcept {
    record.reset();
    status = auth::lookup_status::unavailable;
    asker_ = nullptr;
    asked_password_ = false;
}

} // namespace latchkey::api
