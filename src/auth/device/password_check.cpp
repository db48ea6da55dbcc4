#include <latchkey/auth/device/password_check.hpp>

#include <string>
#include <utility>

namespace latchkey::auth {

namespace {

const char* why_refused(scrypt_admission admission) noexcept {
    switch (admission) {
    case scrypt_admission::queue_full:
        return "too many passwords wait to be checked (auth.scrypt_queue_max)";
    case scrypt_admission::device_full:
        return "too many passwords of this device wait to be checked (auth.scrypt_device_max)";
    case scrypt_admission::stopped:
        return "the server is going away";
    case scrypt_admission::known:
    case scrypt_admission::begun:
    case scrypt_admission::shared:
        break;
    }
    return "";
}

} // namespace

password_outcome password_check::begin(scrypt_pool& pool, const device_record& record,
                                       const device_claim& claim, std::string_view secret,
                                       core::mailbox& box, const core::moment& now) {
    pool_ = &pool;
    device = claim.device;
    answer_box = &box;
    forms_ = scrypt_forms(record, now.real);
    next_ = 0;
    for (std::size_t i = 0; i < forms_.size(); ++i)
        if (forms_[i]) keys_[i] = scrypt_key(*forms_[i], claim.secret);
    outcome_ = known(now.boot);
    if (outcome_ == password_outcome::waiting) {
        presented = crypto::secret(std::string(secret));
        outcome_ = ask(now.boot);
    }
    return outcome_;
}

// A form that is known to match decides, whichever it is: a repeated login with the previous secret
// must not cost a scrypt computation for the current one.
password_outcome password_check::known(core::boot_time now) {
    bool all = true;
    for (std::size_t i = 0; i < forms_.size(); ++i) {
        if (!forms_[i]) continue;
        const auto outcome = pool_->known(keys_[i], now);
        matched_ = i;
        if (outcome == true) return password_outcome::yes;
        all = all && outcome.has_value();
    }
    return all ? password_outcome::no : password_outcome::waiting;
}

password_outcome password_check::ask(core::boot_time now) {
    for (; next_ < forms_.size(); ++next_) {
        if (!forms_[next_] || pool_->known(keys_[next_], now) == false) continue;
        key = keys_[next_];
        hash = forms_[next_];
        const auto admission = pool_->try_begin(*this, now);
        return admitted(admission) ? password_outcome::waiting : refused(why_refused(admission));
    }
    presented = {};
    return password_outcome::no;
}

password_outcome password_check::refused(const char* why) noexcept {
    presented = {};
    scrypt_question::reason = why;
    return password_outcome::undecided;
}

void password_check::decided() noexcept {
    if (!matches) {
        outcome_ = refused(scrypt_question::reason);
    } else if (*matches) {
        presented = {};
        matched_ = next_;
        outcome_ = password_outcome::yes;
    } else {
        ++next_;
        outcome_ = ask(core::boot_clock::now());
    }
    if (outcome_ != password_outcome::waiting) checked();
}

} // namespace latchkey::auth
