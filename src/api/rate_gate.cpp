#include <latchkey/api/rate_gate.hpp>

#include "api/public/lease_wait.hpp"

#include <latchkey/api/principal.hpp>
#include <latchkey/auth/verdict.hpp>
#include <latchkey/http/client_address.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace latchkey::api {

namespace {

std::string_view bytes_of(const core::address& a) noexcept {
    return {reinterpret_cast<const char*>(a.bytes.data()), a.bytes.size()};
}

// Returns the client that a limit by address counts, or nullopt if the caller has no address and
// none was forwarded. Clients of unix sockets that are named by something other than an address
// count as one.
std::optional<core::address> counted_client(http::exchange& ex) {
    const auto& from = ex.caller();
    if (from.client) return http::limited_as_one(*from.client);
    if (!from.readable) return core::address{};
    return std::nullopt;
}

// A key or a device as a limit counts it. A caller that is bound to an organization has counts of
// its own: what it asks about others' credentials uses up nothing of theirs.
class own_subject {
  public:
    own_subject(const http::exchange& ex, counted what, std::string_view subject)
        : subject_(subject) {
        const auto only = organization_bound(ex);
        if (!only || (what != counted::api_key && what != counted::device)) return;
        joined_.append(*only).append(1, '\0').append(subject);
        subject_ = joined_;
    }
    std::string_view text() const noexcept { return subject_; }

  private:
    std::string_view subject_;
    std::string joined_;
};

using standing = core::lease_decision::standing;

struct refused_by {
    const enforced_policy* policy = nullptr;
    core::rate_decision said;
    standing what = standing::spent; ///< of a limit of all nodes
};

// One check against the policies of an endpoint that count one thing. Short-lived, and pinned.
class round {
  public:
    round(rate_limits& limits, std::size_t worker, http::exchange& ex, counted what)
        : round(limits, worker, ex, what, ex.charged, ex.as_of) {}
    round(rate_limits& limits, std::size_t worker, http::exchange& ex, counted what,
          core::charged_limits& charged, core::boot_time now)
        : limits_(limits),
          worker_(worker),
          ex_(ex),
          charged_(charged),
          now_(now),
          pinned_(limits.reader(worker)),
          policies_(limits.policies().at(ex.endpoint, what)) {}

    bool empty() const noexcept { return policies_.empty(); }

    // If several refuse, returns the one that does so longest; before them, one that needs a lease.
    // `at_the_door`: what has been charged at any stage is paid for.
    refused_by look(std::string_view subject, std::uint64_t cost, bool at_the_door = false) {
        refused_by worst;
        for (const auto* p : policies_) {
            if (!applies(*p)) continue;
            const auto key = key_of(*p, subject);
            const auto number = key.number();
            if (at_the_door ? charged_.holds_at_all(number) : charged_.holds(number)) continue;
            const auto asked = ask(*p, key, subject, cost, false);
            if (asked.what == standing::allowed) continue;
            if (asked.what == standing::unknown) return asked;
            if (!worst.policy || asked.said.retry_after > worst.said.retry_after) worst = asked;
        }
        if (worst.policy) cell(*worst.policy).refused.add();
        return worst;
    }

    // If several apply, all or none take. Only in a race between two threads may some take although
    // another refuses.
    refused_by take(std::string_view subject, std::uint64_t cost, bool tells) {
        if (policies_.size() > 1)
            if (auto refused = look(subject, cost); refused.policy) return refused;
        for (const auto* p : policies_) {
            if (!applies(*p)) continue;
            const auto key = key_of(*p, subject);
            if (charged_.holds(key.number())) continue;
            const auto asked = ask(*p, key, subject, cost, true);
            if (asked.what != standing::allowed) {
                if (asked.what != standing::unknown) cell(*p).refused.add();
                return asked;
            }
            charged_.note(key.number());
            if (asked.said.displaced) cell(*p).displaced.add();
            if (tells) ex_.limits.note(p->policy.name, p->policy.rule, asked.said);
        }
        return {};
    }

    auth::lease_wanted lease_for(const refused_by& refused, std::string_view subject,
                                 std::uint64_t cost) const {
        const auto& p = *refused.policy;
        auto& fleet = *limits_.fleet();
        return fleet.wanted(fleet.key(p.scope, subject), "policy " + p.policy.name, p.policy.rule,
                            subject, cost);
    }

    // Returns what to answer, or nullopt if nothing refused.
    std::optional<http::refusal> refusal_of(const refused_by& refused, std::string_view subject,
                                            std::uint64_t cost, lease_desk* desk) {
        if (!refused.policy) return std::nullopt;
        const auto& policy = refused.policy->policy;
        if (refused.what == standing::unknown && desk) {
            desk->begin(ex_, lease_for(refused, subject, cost));
            return http::refusal::come_again();
        }
        ex_.note.policy = policy.name;
        if (refused.what == standing::unsure || refused.what == standing::unknown)
            return http::refusal{503, "the limit \"" + policy.name +
                                          "\" of all nodes cannot be asked now"};
        const bool never = refused.said.retry_after == core::rate_decision::never;
        const auto wait = never ? refused.said.full_after : refused.said.retry_after;
        const auto seconds = std::to_string(std::max<std::uint64_t>(1, http::seconds_until(wait)));
        ex_.limits.note(policy.name, policy.rule, refused.said);
        ex_.note.verdict = auth::code_of(auth::verdict::rate_limited);
        return http::refusal{429, sentence(policy, cost, never, seconds),
                             "Retry-After: " + seconds + "\r\n"};
    }

  private:
    // A client that is not known for certain is not exempt.
    bool applies(const enforced_policy& p) {
        if (p.policy.exempt.empty()) return true;
        const auto client = ex_.caller().own_address();
        return !client || !core::contains(p.policy.exempt, *client);
    }
    core::rate_key key_of(const enforced_policy& p, std::string_view subject) const noexcept {
        return limits_.limiter().key(p.scope, subject);
    }
    refused_by ask(const enforced_policy& p, core::rate_key key, std::string_view subject,
                   std::uint64_t cost, bool takes) {
        auto* fleet = limits_.fleet();
        if (p.policy.scope == limit_scope::node || !fleet) {
            auto& limiter = limits_.limiter();
            const auto said = takes ? limiter.take(key, p.policy.rule, cost, now_)
                                    : limiter.look(key, p.policy.rule, cost, now_);
            return {&p, said, said.allowed ? standing::allowed : standing::spent};
        }
        const auto shared = fleet->key(p.scope, subject);
        const auto found = takes ? fleet->take(worker_, shared, cost, now_)
                                 : fleet->look(worker_, shared, cost, now_);
        auto said = auth::rate_decision_of(found);
        if (found.what == standing::spent && cost > p.policy.rule.quantity())
            said.retry_after = core::rate_decision::never;
        return {&p, said, found.what};
    }
    rate_cell& cell(const enforced_policy& p) const { return (*p.cells)[worker_]; }

    static std::string sentence(const rate_policy& policy, std::uint64_t cost, bool never,
                                const std::string& seconds) {
        const auto limit = "the limit \"" + policy.name + "\"";
        if (never)
            return "this costs " + std::to_string(cost) + ", and " + limit +
                   " never allows more than " + std::to_string(policy.rule.burst()) +
                   " at once: send fewer items";
        return limit + " of " + std::to_string(policy.rule.quantity()) + " in " +
               std::to_string(http::seconds_until(policy.rule.window())) +
               " s is reached: try again in " + seconds + " s";
    }

    rate_limits& limits_;
    const std::size_t worker_;
    http::exchange& ex_;
    core::charged_limits& charged_;
    const core::boot_time now_;
    const core::epochs::reader::pin pinned_;
    const std::span<const enforced_policy* const> policies_;
};

} // namespace

bool rate_gate::take_client(http::exchange& ex, std::uint64_t cost) {
    round asked(*limits_, worker_, ex, counted::address);
    if (asked.empty()) return true;
    const auto client = counted_client(ex);
    if (!client) return true;
    const auto subject = bytes_of(*client);
    const auto why = asked.refusal_of(asked.take(subject, cost, true), subject, cost, desk_);
    if (why) ex.refuse(*why);
    return !why;
}

std::optional<http::refusal> rate_gate::take(http::exchange& ex, counted what,
                                             std::string_view subject, std::uint64_t cost) {
    round asked(*limits_, worker_, ex, what);
    if (asked.empty()) return std::nullopt;
    const own_subject counted(ex, what, subject);
    return asked.refusal_of(asked.take(counted.text(), cost, true), counted.text(), cost, desk_);
}

item_standing rate_gate::take_item(http::exchange& ex, counted what, std::string_view subject,
                                   const item_turn& turn) {
    round asked(*limits_, worker_, ex, what, turn.charged, turn.now);
    if (asked.empty()) return item_standing::admitted;
    const own_subject counted(ex, what, subject);
    const auto refused = asked.take(counted.text(), 1, false);
    if (!refused.policy) return item_standing::admitted;
    if (refused.what == standing::spent) return item_standing::refused;
    if (refused.what == standing::unknown)
        turn.wanted = asked.lease_for(refused, counted.text(), 1);
    return item_standing::undecided;
}

rate_gate::door rate_gate::look_at_client(http::exchange& ex) {
    round asked(*limits_, worker_, ex, counted::address);
    if (asked.empty()) return door::open;
    const auto client = counted_client(ex);
    if (!client) return door::open;
    const auto subject = bytes_of(*client);
    const auto why = asked.refusal_of(asked.look(subject, 1, true), subject, 1, desk_);
    if (!why) return door::counted;
    ex.refuse(*why);
    return door::closed;
}

} // namespace latchkey::api
