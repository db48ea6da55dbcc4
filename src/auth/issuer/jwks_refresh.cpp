#include <latchkey/auth/issuer/jwks_refresh.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

constexpr core::milliseconds first_pause{1000};
constexpr double spread = 0.1; // part of an interval over which the nodes are spread

core::nanoseconds backoff(std::size_t failures, core::milliseconds most) {
    const auto doublings = std::min<std::size_t>(failures - 1, 20);
    return std::min<core::milliseconds>(first_pause * (1 << doublings), most);
}

// Limits the date to now: with a date in the future, every honest answer after it would count as
// older.
std::optional<core::real_time> not_after(std::optional<core::real_time> date, core::real_time now) {
    return date ? std::optional(std::min(*date, now)) : date;
}

// Compares by Last-Modified if both have it, otherwise by Date; one cannot be compared with the
// other.
bool is_older(const jwks_facts& answer, const jwks_facts& in_use) {
    if (answer.last_modified && in_use.last_modified)
        return *answer.last_modified < *in_use.last_modified;
    return answer.date && in_use.date && *answer.date < *in_use.date;
}

} // namespace

bool jwks_refresh::due(const core::moment& now) const noexcept {
    return !under_way_ && now.boot >= next_at_;
}

std::optional<core::boot_time> jwks_refresh::next_at() const noexcept {
    return under_way_ ? std::nullopt : std::optional(next_at_);
}

jwks_refresh::wish jwks_refresh::wanted(const core::moment& now) const noexcept {
    if (under_way_) return {wish::action::join};
    const auto earliest = std::min(cooled_at_, next_at_);
    if (now.boot >= earliest) return {wish::action::begin};
    return {wish::action::wait, earliest};
}

void jwks_refresh::began(const core::moment& now) noexcept {
    under_way_ = true;
    began_at_ = now;
    cooled_at_ = now.boot + settings_.cooldown;
}

core::nanoseconds jwks_refresh::pause_after(const jwks_facts& facts) const noexcept {
    core::nanoseconds whole = settings_.interval;
    if (facts.max_age && *facts.max_age < settings_.interval) whole = *facts.max_age;
    const auto part = 1 - spread + spread * settings_.jitter;
    const core::nanoseconds jittered(
        static_cast<core::nanoseconds::rep>(static_cast<double>(whole.count()) * part));
    return std::max<core::nanoseconds>(jittered, settings_.cooldown);
}

jwks_refresh::answer jwks_refresh::succeeded(const core::moment& now,
                                             const jwks_facts& facts) noexcept {
    under_way_ = false;
    const jwks_facts seen{facts.max_age, not_after(facts.last_modified, now.real),
                          not_after(facts.date, now.real)};
    if (in_use_ && is_older(seen, in_use_->facts)) {
        next_at_ = std::max(cooled_at_, now.boot);
        return answer::older;
    }
    failures_ = 0;
    in_use_ = {began_at_, seen};
    next_at_ = began_at_.boot + pause_after(seen);
    return answer::taken;
}

void jwks_refresh::failed(const core::moment& now) noexcept {
    under_way_ = false;
    next_at_ = in_use_ ? std::max(cooled_at_, now.boot)
                       : now.boot + backoff(++failures_, settings_.cooldown);
}

// Both clocks count: after a pause of a virtual machine, the set must be found too old.
bool jwks_refresh::expired(const core::moment& now) noexcept {
    if (!in_use_ || core::age(in_use_->fetched, now) <= settings_.keep) return false;
    in_use_.reset();
    return true;
}

std::optional<core::boot_time> jwks_refresh::expires_at() const noexcept {
    return in_use_ ? std::optional(in_use_->fetched.boot + settings_.keep) : std::nullopt;
}

std::optional<core::moment> jwks_refresh::as_of() const noexcept {
    if (!in_use_) return std::nullopt;
    auto as_of = in_use_->fetched;
    if (in_use_->facts.date) as_of.real = std::min(as_of.real, *in_use_->facts.date);
    return as_of;
}

} // namespace latchkey::auth
