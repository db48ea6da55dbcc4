#include <latchkey/auth/device/verify_device.hpp>

#include "auth/cache/ask_owner.hpp"

#include <latchkey/crypto/digest.hpp>

namespace latchkey::auth {

// The record of a device that does not exist: no secret matches it.
const device_record& device_verifier::nobody() {
    static const device_record none{device_facts()};
    return none;
}

device_decision device_verifier::weigh(const device_record& record, const device_claim& claim,
                                       const device_request& request, core::real_time now) {
    const auto match = compare(record, claim.secret, now);
    if (match == secret_match::needs_scrypt) return {step::password};
    return {step::decided, judge(record, match == secret_match::yes, request, now)};
}

device_decision device_verifier::counted(const device_decision& d) noexcept {
    if (d.next == step::decided) metrics_.devices.verdicts[static_cast<std::size_t>(d.what)].add();
    if (d.next == step::undecided) metrics_.devices.undecided.add();
    return d;
}

device_decision device_verifier::admitted(device_decision d, const device_inquiry& i,
                                          core::real_time now, const admission& admit) {
    if (is_valid(d) && admit && !admit(*i.record)) d.what = verdict::rate_limited;
    if (is_valid(d)) count_use(i, *i.record, now);
    return counted(d);
}

std::optional<device_claim> device_verifier::claim(std::string_view device_id,
                                                   std::string_view secret) {
    if (is_device_id(device_id) && is_device_secret(secret))
        return device_claim{crypto::sha256(device_id), crypto::sha256(secret)};
    counted({step::decided, verdict::invalid_format});
    return std::nullopt;
}

void device_verifier::ask(device_inquiry& i) {
    metrics_.devices.misses.add();
    ask_owner(node_, worker_, i);
}

void device_verifier::ask_for_refresh(const device_inquiry& i) {
    refresh_at_owner(node_, i);
}

device_decision device_verifier::conclude(device_inquiry& i, const device_claim& claim,
                                          const device_request& request, core::real_time now,
                                          const admission& admit) {
    if (i.status == lookup_status::unavailable) return counted({step::undecided});
    const auto& record = i.status == lookup_status::found ? *i.record : nobody();
    return admitted(weigh(record, claim, request, now), i, now, admit);
}

password_outcome device_verifier::check_password(password_check& check, const device_inquiry& i,
                                                 const device_claim& claim, std::string_view secret,
                                                 const core::moment& now) {
    return check.begin(passwords_, *i.record, claim, secret, node_.owner_cores[worker_]->box(),
                       now);
}

device_decision device_verifier::conclude(const device_inquiry& i, password_outcome outcome,
                                          const device_request& request, core::real_time now,
                                          const admission& admit) {
    if (outcome == password_outcome::undecided) return counted({step::undecided});
    const bool matches = outcome == password_outcome::yes;
    return admitted({step::decided, judge(*i.record, matches, request, now)}, i, now, admit);
}

} // namespace latchkey::auth
