#include "api/admin/caller_check.hpp"

#include "api/caller_refusals.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/http/client_address.hpp>
#include <utility>

namespace latchkey::api {

namespace {

constexpr std::string_view window_text = "Retry-After: 60\r\n";
constexpr core::seconds window{60};

core::rate_rule wrong_keys_rule(std::size_t max) {
    return core::rate_rule::make(max, window, max).value();
}

core::rate_key name_of(const core::rate_limiter& limits, const core::rate_rule& rule,
                       http::exchange& ex) {
    const auto client = ex.caller().client;
    const auto counted = client ? http::limited_as_one(*client) : core::address{};
    return limits.key(limits.scope("wrong keys at admin.listen", rule),
                      {reinterpret_cast<const char*>(counted.bytes.data()), counted.bytes.size()});
}

} // namespace

admin_callers::admin_callers(auth::node_state& state, core::mailbox& of_control,
                             const auth::configuration& settings,
                             const auth::use_configuration& use)
    : box(of_control),
      uses(use),
      verifier(state, 0, settings, metrics_, &uses),
      checks(*this),
      limits_(state.limits) {
    verifier.without_leases();
}

admin_callers::~admin_callers() = default;

void admin_callers::configure(const auth::configuration& settings, caller_rules rules,
                              const admin_bounds& next) {
    verifier.configure(settings);
    rules_ = std::move(rules);
    bounds = next;
}

bool admin_callers::has_tried_enough(http::exchange& ex) const {
    if (!limits_) return false;
    const auto rule = wrong_keys_rule(bounds.wrong_keys_max);
    return !limits_->look(name_of(*limits_, rule, ex), rule, 1, ex.as_of).allowed;
}

void admin_callers::count_wrong_key(http::exchange& ex) {
    if (!limits_) return;
    const auto rule = wrong_keys_rule(bounds.wrong_keys_max);
    limits_->take(name_of(*limits_, rule, ex), rule, 1, ex.as_of);
}

bool admin_callers::enter(const std::string& tenant) {
    auto& mine = under_way_[tenant];
    if (mine >= (bounds.requests_max + 1) / 2) return false;
    ++mine;
    return true;
}

void admin_callers::leave(const std::string& tenant) noexcept {
    const auto found = under_way_.find(tenant);
    if (--found->second == 0) under_way_.erase(found);
}

bool admin_callers::admit(http::exchange& ex, admin_api& api) {
    const auto presented = ex.request.get(http::field::x_latchkey_key);
    const auto* known = ex.client && !presented.data() ? rules_.find(*ex.client) : nullptr;
    if (!presented.data() && !known) {
        cells.unknown.add();
        ex.end_connection();
        refuse_unknown_caller(ex, "say who asks: send an API key that has "
                                  "\"latchkey:admin:read\" or \"latchkey:admin:write\" in "
                                  "X-Latchkey-Key");
        return false;
    }
    if (checks.lent() >= bounds.requests_max) {
        ex.refuse({503, "too many requests are under way over TCP (admin.requests_max)"});
        return false;
    }
    if (presented.data() && has_tried_enough(ex)) {
        cells.limited.add();
        ex.refuse(429, "too many wrong keys came from this address: try again in a minute",
                  window_text);
        return false;
    }
    auto& check = checks.take();
    ex.accompany(check);
    if (known) return check.know(ex, *known);
    check.begin(ex, api, presented);
    return false;
}

bool admin_caller_check::know(http::exchange& ex, const principal& known) {
    who = known;
    return enter(ex);
}

// A certificate may belong to no organization: it counts by its name.
bool admin_caller_check::enter(http::exchange& ex) {
    auto tenant =
        who.organization_id.empty() ? "name " + who.name : "organization " + who.organization_id;
    if (!callers_.enter(tenant)) {
        ex.refuse({503, "this caller's organization has half of admin.requests_max under way"});
        return false;
    }
    tenant_ = std::move(tenant);
    return true;
}

void admin_caller_check::begin(http::exchange& ex, admin_api& api, std::string_view presented) {
    const auto fingerprint = callers_.verifier.fingerprint(presented);
    if (!fingerprint) return refuse_unknown(ex);
    api_ = &api;
    asker_ = &ex;
    key = *fingerprint;
    callers_.verifier.place(*this);
    ex.wait_for(*this);
    callers_.verifier.ask(*this, callers_.box);
}

void admin_caller_check::finish(http::exchange& ex) {
    const auto unshared = [](const auth::api_key_record&) { return false; };
    const auto decided = callers_.verifier.conclude(
        *this, {.scopes = {}, .ip = ex.caller().own_address()}, core::moment::now(), unshared);
    if (!decided.what) {
        callers_.cells.undecided.add();
        return ex.refuse({503, std::string("the caller's key cannot be verified now: ") + reason});
    }
    if (*decided.what == auth::verdict::rate_limited) {
        callers_.cells.limited.add();
        return refuse_limited_caller(ex, *decided.limit, 1);
    }
    if (*decided.what != auth::verdict::valid) return refuse_unknown(ex);
    who = {principal::proof::api_key, std::string(record->name()), std::string(record->key_id()),
           std::string(record->organization_id()), record->caller_scopes()};
    if (enter(ex)) api_->handle(ex);
}

void admin_caller_check::refuse_unknown(http::exchange& ex) {
    callers_.count_wrong_key(ex);
    callers_.cells.unknown.add();
    ex.end_connection(); // nobody holds connections without a key
    refuse_wrong_key(ex);
}

void admin_caller_check::part() noexcept {
    if (!tenant_.empty()) callers_.leave(tenant_);
    tenant_.clear();
    record.reset();
    status = auth::lookup_status::unavailable;
    only.reset();
    who.scopes = {};
    asker_ = nullptr;
    callers_.checks.give_back(*this);
}

std::optional<std::size_t> answer_bound(const http::exchange& ex) noexcept {
    const auto* known = caller_of(ex);
    if (!known) return std::nullopt;
    return static_cast<const admin_caller_check*>(known)->answer_bytes_max();
}

} // namespace latchkey::api
