#include "auth/revocation/organization_revocations.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace latchkey::auth {

namespace {

using optional_time = std::optional<core::real_time>;

// A revocation without a time is stricter than one with any time.
optional_time stricter(const optional_time& a, const optional_time& b) {
    return a && b ? std::max(a, b) : std::nullopt;
}

void join(revocation& whole, const revocation& more) {
    whole.issued_before = stricter(whole.issued_before, more.issued_before);
    whole.expires_at = stricter(whole.expires_at, more.expires_at);
    whole.created_at = std::max(whole.created_at, more.created_at);
}

// Only revocations of the kind `organization` have spellings: a disabled organization is named by
// its own row.
bool has_spellings(revocation_kind kind, organization_form form) {
    return kind == revocation_kind::organization && form != organization_form::text &&
           form != organization_form::unknown;
}

} // namespace

void organization_revocations::set_form(organization_form form) {
    if (std::exchange(form_, form) != form) forget();
}

void organization_revocations::forget() {
    all_.clear();
    count_ = 0;
}

void organization_revocations::note(spelled& known, const revocation_change& change) {
    const auto& r = change.what;
    const auto before = known.find(r.value);
    if (change.withdrawn) {
        if (before == known.end()) return;
        known.erase(before);
        --count_;
    } else if (before == known.end()) {
        known.emplace(r.value, r);
        ++count_;
    } else if (change.at_least) {
        join(before->second, r);
    } else {
        before->second = r;
    }
}

revocation_change organization_revocations::joined(const revocation_change& change) {
    auto out = change;
    out.what.value = comparable_organization(change.what.value, form_);
    if (!has_spellings(change.what.kind, form_)) return out;
    auto& known = all_[out.what.value];
    note(known, change);
    out.withdrawn = known.empty();
    if (known.empty()) {
        all_.erase(out.what.value);
        return out;
    }
    auto whole = known.begin()->second;
    for (const auto& [spelling, one] : known)
        join(whole, one);
    whole.value = out.what.value;
    out.what = std::move(whole);
    return out;
}

void organization_revocations::prune(const std::function<bool(const revocation&)>& is_over) {
    for (auto& [id, known] : all_)
        count_ -= std::erase_if(known, [&](const auto& one) { return is_over(one.second); });
    std::erase_if(all_, [](const auto& one) { return one.second.empty(); });
}

} // namespace latchkey::auth
