#include "api/public/caller_check.hpp"

#include "api/caller_refusals.hpp"
#include "api/public/lease_wait.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

namespace {

// The organization pays for what its callers ask, whatever the answer.
auto organizations_limit(rate_gate& gate, http::exchange& ex) {
    return [&](const auth::api_key_record& found) {
        return gate.unless_admitted(ex, counted::organization, found.organization_id());
    };
}

} // namespace

auth::api_key_request caller_check::request_of(http::exchange& ex) const {
    auth::api_key_request out{
        .scopes = {}, .ip = ex.caller().own_address(), .spends_credits = false};
    out.charged = &ex.charged;
    if (by_client) out.key_id = key_id_;
    return out;
}

bool caller_check::begin(http::exchange& ex, auth::caller_right right, std::string_view presented,
                         std::optional<std::string_view> key_id) {
    ex.accompany(*this);
    right_ = right;
    by_client = key_id.has_value();
    ex.charged.begin(stage());
    key_id_ = key_id.value_or(std::string_view());
    const auto fingerprint = gate_.verifier.fingerprint(presented);
    if (!fingerprint) return settle(ex, {auth::verdict::invalid_format}, nullptr);
    key = *fingerprint;
    gate_.verifier.place(*this);
    bool goes_on = false;
    const auto use_hit = [&](const decision& decided, const auth::api_key_record* found,
                             const core::moment&) { goes_on = settle(ex, decided, found); };
    if (gate_.verifier.from_cache(*this, request_of(ex), gate_.api.read_clocks(),
                                  organizations_limit(gate_.api.gate, ex), use_hit))
        return goes_on;
    asker_ = &ex;
    ex.wait_for(*this);
    gate_.verifier.ask(*this);
    return false;
}

bool caller_check::begin(http::exchange& ex, auth::caller_right right, const principal& known) {
    ex.accompany(*this);
    right_ = right;
    by_client = false;
    who = known;
    if (!may(ex)) return false;
    if (who.organization_id.empty()) return admitted = true;
    const auto why = gate_.api.gate.unless_admitted(ex, counted::organization, who.organization_id);
    if (!why) return admitted = true;
    count_refusal(*why);
    ex.refuse(*why);
    return false;
}

void caller_check::finish(http::exchange& ex) {
    ex.charged.begin(stage());
    const auto decided = gate_.verifier.conclude(*this, request_of(ex), core::moment::now(),
                                                 organizations_limit(gate_.api.gate, ex));
    if (settle(ex, decided, record.get())) gate_.api.answer(ex);
}

bool caller_check::settle(http::exchange& ex, const decision& decided,
                          const auth::api_key_record* found) {
    if (decided.wants) gate_.api.leases->begin(ex, *decided.wants);
    if (decided.wants) return false;
    if (!decided.what) {
        const bool comes_again = decided.refusal && decided.refusal->comes_again();
        if (!comes_again) gate_.cells.undecided.add();
        if (decided.refusal)
            ex.refuse(*decided.refusal);
        else
            ex.refuse({503, std::string("the caller's key cannot be verified now: ") +
                                (*decided.reason ? decided.reason : reason)});
        return false;
    }
    if (decided.refusal) {
        gate_.cells.limited.add();
        ex.refuse(*decided.refusal);
        return false;
    }
    if (*decided.what == auth::verdict::rate_limited) return refuse_limited(ex, *decided.limit, 1);
    if (*decided.what != auth::verdict::valid) {
        gate_.cells.unknown.add();
        if (gate_.pays_for_refusal(ex)) refuse_wrong_key(ex, by_client);
        return false;
    }
    if (decided.limit) ex.limits.note("caller", decided.limit->rule, decided.limit->said);
    take(*found);
    return admitted = may(ex);
}

void caller_check::count_refusal(const http::refusal& why) {
    if (why.comes_again()) return;
    (why.leaves_open() ? gate_.cells.undecided : gate_.cells.limited).add();
}

bool caller_check::refuse_limited(http::exchange& ex, const auth::key_limit& limit,
                                  std::uint64_t cost) {
    gate_.cells.limited.add();
    refuse_limited_caller(ex, limit, cost);
    return false;
}

// The texts are copied into memory that earlier requests left.
void caller_check::take(const auth::api_key_record& found) {
    who.by = principal::proof::api_key;
    who.name.assign(found.name());
    who.key_id.assign(found.key_id());
    who.organization_id.assign(found.organization_id());
    who.scopes = found.caller_scopes();
    limit_.reset();
    if (auto bucket = gate_.verifier.bucket_of(found)) limit_.emplace(std::move(*bucket));
}

bool caller_check::may(http::exchange& ex) {
    const auto reach = who.scopes.reach(right_);
    if (reach != auth::caller_reach::none) {
        if (reach == auth::caller_reach::own) only = who.organization_id;
        gate_.cells.admitted.add();
        return true;
    }
    gate_.cells.forbidden.add();
    if (gate_.pays_for_refusal(ex))
        ex.refuse(403, "the caller lacks the scope \"" +
                           std::string(auth::caller_scopes::name_of(right_)) + '"');
    return false;
}

// What it asks at once is taken as a whole or not at all, except in a race with another worker.
bool caller_check::charge(http::exchange& ex, std::uint64_t cost) {
    if (limit_ && !passes(ex, limit_->look(cost, ex.as_of), cost)) return false;
    if (!who.organization_id.empty()) {
        const auto why =
            gate_.api.gate.unless_admitted(ex, counted::organization, who.organization_id, cost);
        if (why) {
            count_refusal(*why);
            ex.refuse(*why);
            return false;
        }
    }
    return !limit_ || passes(ex, limit_->take(cost, ex.as_of), cost);
}

bool caller_check::passes(http::exchange& ex, const auth::key_counted& said, std::uint64_t cost) {
    using enum core::lease_decision::standing;
    if (said.what == unknown) {
        gate_.api.leases->begin(ex, limit_->wanted(cost));
        return false;
    }
    if (said.what == unsure) {
        gate_.cells.undecided.add();
        ex.refuse({503, "the limit of the caller's key cannot be asked now"});
        return false;
    }
    if (said.what == spent) return refuse_limited(ex, said.limit, cost);
    ex.limits.note("caller", said.limit.rule, said.limit.said);
    return true;
}

void caller_check::part() noexcept {
    record.reset();
    status = auth::lookup_status::unavailable;
    reason = "";
    only.reset();
    admitted = false;
    limit_.reset();
    who.scopes = {};
    who.organization_id.clear();
    asker_ = nullptr;
    gate_.checks.give_back(*this);
}

} // namespace latchkey::api
