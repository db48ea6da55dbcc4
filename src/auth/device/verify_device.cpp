#include <latchkey/auth/device/verify_device.hpp>

#include "auth/cache/ask_owner.hpp"

#include <latchkey/crypto/digest.hpp>

namespace latchkey::auth {

std::optional<device_claim> device_verifier::claim(std::string_view device_id,
                                                   std::string_view secret) {
    if (is_device_id(device_id) && is_device_secret(secret))
        return device_claim{crypto::sha256(device_id), crypto::sha256(secret)};
    count(verdict::invalid_format);
    return std::nullopt;
}

std::optional<device_claim> device_verifier::claim_of_known(std::string_view device_id) {
    if (is_device_id(device_id)) return device_claim{crypto::sha256(device_id), {}, true};
    count(verdict::invalid_format);
    return std::nullopt;
}

void device_verifier::count(const std::optional<verdict>& what) noexcept {
    auto& cells = metrics_.devices;
    (what ? cells.verdicts[static_cast<std::size_t>(*what)] : cells.undecided).add();
}

void device_verification::start(const device_claim& claim) noexcept {
    claim_ = claim;
    key = claim.device;
    hash = by_.node_.where.hash(key);
}

// The record of a device that does not exist: no secret matches it.
const device_record& device_verification::nobody() {
    static const device_record none{device_facts()};
    return none;
}

std::optional<verdict> device_verification::weigh(const device_record& found,
                                                  const device_request& request,
                                                  core::real_time now) {
    if (claim_.is_vouched_for) return judge(found, &found != &nobody(), request, now);
    const auto match = compare(found, claim_.secret, now);
    is_previous_ = match == secret_match::previous;
    if (match == secret_match::needs_scrypt) return std::nullopt;
    return judge(found, is_previous_ || match == secret_match::yes, request, now);
}

std::optional<verdict> device_verification::weigh_what_came(const device_request& request,
                                                            core::real_time now) {
    if (needs_password_) {
        // The previous secret may have ended while it waited for its check.
        const bool matches = password_.outcome() == password_outcome::yes;
        is_previous_ = matches && password_.is_previous();
        const bool counts = !is_previous_ || previous_counts(record->facts(), now);
        return judge(*record, matches && counts, request, now);
    }
    const bool known = status == lookup_status::found && !hides(*record);
    const auto weighed = weigh(known ? *record : nobody(), request, now);
    needs_password_ = !weighed;
    return weighed;
}

const char* device_verification::why_unknown() const noexcept {
    if (needs_password_)
        return password_.outcome() == password_outcome::undecided ? password_.reason() : nullptr;
    return status == lookup_status::unavailable ? reason : nullptr;
}

// The password is checked when the cache can no longer be read.
void device_verification::take(const device_cache::hit& hit) {
    status = lookup_status::found;
    record = hit.record;
    asked_at = hit.asked_at;
    source = answer_source::hit;
    needs_password_ = true;
}

bool device_verification::ask(std::string_view secret, const core::moment& now) {
    if (needs_password_)
        return password_.begin(by_.passwords_, *record, claim_, secret,
                               by_.node_.owner_cores[by_.worker_]->box(),
                               now) == password_outcome::waiting;
    by_.metrics_.devices.misses.add();
    ask_owner(by_.node_, by_.worker_, *this);
    return true;
}

void device_verification::ask_for_refresh() {
    refresh_at_owner(by_.node_, *this);
}

void device_verification::reset() noexcept {
    record.reset();
    status = lookup_status::unavailable;
    needs_password_ = false;
}

} // namespace latchkey::auth
