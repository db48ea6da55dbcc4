#include <latchkey/api/rate_gate.hpp>

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

struct refused_by {
    const enforced_policy* policy = nullptr;
    core::rate_decision said;
};

// One check against the policies of an endpoint that count one thing. Short-lived, and pinned.
class round {
  public:
    round(rate_limits& limits, std::size_t worker, http::exchange& ex, counted what)
        : limits_(limits),
          worker_(worker),
          ex_(ex),
          pinned_(limits.reader(worker)),
          policies_(limits.policies().at(ex.endpoint, what)) {}

    bool empty() const noexcept { return policies_.empty(); }

    // If several refuse, returns the one that does so longest.
    refused_by look(std::string_view subject, std::uint64_t cost) {
        refused_by worst;
        for (const auto* p : policies_) {
            if (!applies(*p)) continue;
            const auto said = limits_.limiter().look(limits_.limiter().key(p->scope, subject),
                                                     p->policy.rule, cost, ex_.as_of);
            if (said.allowed) continue;
            if (!worst.policy || said.retry_after > worst.said.retry_after) worst = {p, said};
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
            const auto said = limits_.limiter().take(limits_.limiter().key(p->scope, subject),
                                                     p->policy.rule, cost, ex_.as_of);
            if (!said.allowed) {
                cell(*p).refused.add();
                return {p, said};
            }
            if (said.displaced) cell(*p).displaced.add();
            if (tells) ex_.limits.note(p->policy.name, p->policy.rule, said);
        }
        return {};
    }

    // Returns what to answer, or nullopt if nothing refused.
    std::optional<http::refusal> refusal_of(const refused_by& refused, std::uint64_t cost) {
        if (!refused.policy) return std::nullopt;
        const auto& policy = refused.policy->policy;
        const bool never = refused.said.retry_after == core::rate_decision::never;
        const auto wait = never ? refused.said.full_after : refused.said.retry_after;
        const auto seconds = std::to_string(std::max<std::uint64_t>(1, http::seconds_until(wait)));
        ex_.limits.note(policy.name, policy.rule, refused.said);
        ex_.note.policy = policy.name;
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
    const core::epochs::reader::pin pinned_;
    const std::span<const enforced_policy* const> policies_;
};

} // namespace

bool rate_gate::take_client(http::exchange& ex, std::uint64_t cost) {
    round asked(*limits_, worker_, ex, counted::address);
    if (asked.empty()) return true;
    const auto subject = counted_client(ex);
    if (!subject) return true;
    const auto why = asked.refusal_of(asked.take(bytes_of(*subject), cost, true), cost);
    if (why) ex.refuse(*why);
    return !why;
}

std::optional<http::refusal> rate_gate::take(http::exchange& ex, counted what,
                                             std::string_view subject, std::uint64_t cost) {
    round asked(*limits_, worker_, ex, what);
    if (asked.empty()) return std::nullopt;
    const own_subject counted(ex, what, subject);
    return asked.refusal_of(asked.take(counted.text(), cost, true), cost);
}

bool rate_gate::take_item(http::exchange& ex, counted what, std::string_view subject) {
    round asked(*limits_, worker_, ex, what);
    const own_subject counted(ex, what, subject);
    return asked.empty() || !asked.take(counted.text(), 1, false).policy;
}

rate_gate::door rate_gate::look_at_client(http::exchange& ex) {
    round asked(*limits_, worker_, ex, counted::address);
    if (asked.empty()) return door::open;
    const auto subject = counted_client(ex);
    if (!subject) return door::open;
    const auto why = asked.refusal_of(asked.look(bytes_of(*subject), 1), 1);
    if (!why) return door::counted;
    ex.refuse(*why);
    return door::closed;
}

} // namespace latchkey::api
