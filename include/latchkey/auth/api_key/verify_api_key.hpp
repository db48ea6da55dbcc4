#pragma once
// "Is this API key good, and whose is it?": the endpoint's question, without HTTP.

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/auth/api_key/key_limit.hpp>
#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/limit/leaves_open.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/usage/use_counts.hpp>
#include <latchkey/auth/why_malformed.hpp>

#include <optional>
#include <string_view>
#include <type_traits>

namespace latchkey::auth {

/// `Refusal` is what the asker's `shared(record)` returns: it asks the limits that the key shares
/// with others, and what it returns is true if they refuse.
template <class Refusal>
struct key_decision {
    std::optional<verdict> what;      ///< nullopt if it cannot be decided (UNAVAILABLE)
    std::optional<key_limit> limit{}; ///< the key's own, if it has one and that counted or refused
    Refusal refusal{};                ///< if a shared limit made it RATE_LIMITED
    std::optional<std::uint64_t> credits{}; ///< about what is left of its account, if it has one
    std::optional<lease_wanted> wants{};    ///< needed before it can be decided
    /// Why it is not decided, if that is not for want of the record: static text.
    const char* reason = "";
};
template <class Shared>
using key_decision_by = key_decision<std::invoke_result_t<Shared&, const api_key_record&>>;

/// One per worker, on its thread. Call `fingerprint`; if it returns one, `from_cache`; if that does
/// not decide, `ask`, and `conclude` once the inquiry is decided. Every question is counted once.
class api_key_verifier {
  public:
    api_key_verifier(node_state& b, std::size_t worker, const configuration& settings, metrics& m,
                     use_counts* uses = nullptr)
        : state_(b), worker_(worker), settings_(settings), metrics_(m), uses_(uses) {}

    void configure(const configuration& settings) { settings_ = settings; }

    /// Returns the fingerprint to look up, or nullopt if the text is INVALID_FORMAT.
    std::optional<core::fingerprint> fingerprint(std::string_view presented);
    /// Why there is none: a sentence without anything that was presented.
    std::string_view why_malformed(std::string_view presented) const noexcept {
        return why_malformed_key(presented, settings_.accept_foreign_keys);
    }

    /// Decides by the cache. Returns false if it does not decide. Otherwise `use(decision, record,
    /// asked_at)` was called, while the record is sure to stay; it must not wait. The record is
    /// null if there is none.
    template <class Shared, class Use>
    bool from_cache(const api_key_inquiry& asked, const api_key_request& request,
                    const clock_reading& at, Shared&& shared, Use&& use) {
        bool refresh = false;
        bool hidden = false;
        bool aged = false;
        const auto look_at = [&](const api_key_record& one, const core::moment& since,
                                 const core::moment& now) {
            hidden = asked.hides(one);
            aged = hidden && core::age(since, now) >= state_.settings.negative_ttl;
        };
        const auto use_hit = [&](const api_key_cache::hit& hit, const core::moment& now) {
            refresh = hit.refresh;
            look_at(*hit.record, hit.asked_at, now);
            if (hidden) return;
            use(decide(asked, *hit.record, request, now, shared), hit.record.get(), hit.asked_at);
        };
        const bool found =
            state_.api_keys.read(worker_, asked.key, asked.hash,
                                 state_.ttl.load(std::memory_order_relaxed), at, use_hit);
        if (refresh) ask_for_refresh(asked);
        if (found && !hidden) {
            metrics_.api_keys.hits.add();
            return true;
        }
        // A hidden key and an unknown one take the same steps: both are looked for among what does
        // not exist, and looked at.
        const bool absent = state_.api_keys.absent(worker_, asked.key, asked.hash, at);
        if (!found) look_at(nobody(), at.now, at.now);
        if (aged || !(found || absent)) return false;
        metrics_.negative_hits.add();
        use(not_found<Shared>(), nullptr, core::moment());
        return true;
    }

    /// True if the cache has this key, with this id. Decides nothing, and counts nothing.
    bool has_cached(std::string_view presented, std::string_view key_id,
                    const clock_reading& at) const {
        const auto key = api_key_fingerprint(presented, settings_.accept_foreign_keys);
        if (!key) return false;
        bool same = false;
        // No entry is in the last tenth of that life, so none is claimed for a refresh.
        constexpr core::nanoseconds no_life{0};
        state_.api_keys.read(worker_, *key, state_.where.hash(*key), no_life, at,
                             [&](const api_key_cache::hit& hit, const core::moment&) {
                                 same = hit.record->key_id() == key_id;
                             });
        return same;
    }

    /// The counter of a key that has a limit; nullopt if limits are not enforced.
    std::optional<key_bucket> bucket_of(const api_key_record& found) const {
        if (!found.rate_limit() || !state_.limits) return std::nullopt;
        return std::optional<key_bucket>(std::in_place, *state_.limits,
                                         leases_ ? state_.fleet : nullptr, worker_, found);
    }
    core::rate_limiter* key_limits() const noexcept { return state_.limits; }
    fleet_limits* fleet() const noexcept { return leases_ ? state_.fleet : nullptr; }
    /// For a thread that is no worker: limits of all nodes are counted here alone, and no credits
    /// are spent.
    void without_leases() noexcept { leases_ = false; }

    /// Sets the inquiry's hash from its fingerprint, which must be set.
    void place(api_key_inquiry& i) const noexcept { i.hash = state_.where.hash(i.key); }
    void ask(api_key_inquiry&);
    /// The same for the control thread, which reads no cache: the owner core does.
    void ask(api_key_inquiry&, core::mailbox& answer_box);

    /// Decides by what the look-up of a decided inquiry found.
    template <class Shared>
    key_decision_by<Shared> conclude(const api_key_inquiry& i, const api_key_request& request,
                                     const core::moment& now, Shared&& shared) {
        if (i.status == lookup_status::found) return decide(i, *i.record, request, now, shared);
        if (i.status == lookup_status::absent) return not_found<Shared>();
        metrics_.api_keys.undecided.add();
        return {std::nullopt};
    }

  private:
    // The record of a key that does not exist.
    static const api_key_record& nobody();
    // The one decision about a key that exists, whether the cache or a look-up found it.
    template <class Shared>
    key_decision_by<Shared> decide(const api_key_inquiry& asked, const api_key_record& found,
                                   const api_key_request& request, const core::moment& now,
                                   Shared&& shared) {
        if (asked.hides(found)) return not_found<Shared>();
        key_decision_by<Shared> d{judge(found, request, now.real)};
        if (d.what == verdict::valid) ask_limits(d, found, request, now.boot, shared);
        if (!d.what) {
            if (*d.reason && !d.wants) metrics_.api_keys.undecided.add();
            return d;
        }
        if (d.what == verdict::valid) count_use(asked, found, request.cost, now.real);
        count(*d.what);
        return d;
    }
    // What one of them refuses takes nothing from the others.
    template <class Shared>
    void ask_limits(key_decision_by<Shared>& d, const api_key_record& found,
                    const api_key_request& request, core::boot_time now, Shared&& shared) {
        auto own = bucket_of(found);
        const auto account = request.spends_credits && request.cost > 0 && leases_ && state_.credits
                                 ? found.credit_account()
                                 : std::nullopt;
        auto* const charged = request.charged;
        // What has counted the request already is only asked what is left.
        const auto cost_at = [&](std::uint64_t limit) {
            return charged && charged->holds(limit) ? 0 : request.cost;
        };
        const auto own_cost = own ? cost_at(own->number()) : 0;
        const auto credits = account ? cost_at(number_of(*account)) : 0;
        if (own && !passes(d, *own, own->look(own_cost, now), own_cost)) return;
        if (account && !passes(d, *account, credits, now, false)) return;
        d.refusal = shared(found);
        if (d.refusal) {
            d.what = verdict::rate_limited;
            if (leaves_open(d.refusal)) d.what.reset();
            d.limit.reset();
            d.credits.reset();
            return;
        }
        if (own && own_cost > 0) {
            if (!passes(d, *own, own->take(own_cost, now), own_cost)) return;
            if (charged) charged->note(own->number());
        }
        if (account && credits > 0 && passes(d, *account, credits, now, true) && charged)
            charged->note(number_of(*account));
    }
    std::uint64_t number_of(std::int64_t account) const noexcept {
        return state_.credits->key_of_account(account).low;
    }
    template <class Decision>
    static bool passes(Decision& d, const key_bucket& own, const key_counted& said,
                       std::uint64_t cost) {
        using enum core::lease_decision::standing;
        if (said.what == unknown) d.wants = own.wanted(cost);
        if (said.what == unknown || said.what == unsure)
            return is_unsure(d, "the key's limit cannot be asked");
        d.limit = said.limit;
        if (said.what != allowed) d.what = verdict::rate_limited;
        return said.what == allowed;
    }
    template <class Decision>
    bool passes(Decision& d, std::int64_t account, std::uint64_t cost, core::boot_time now,
                bool takes) {
        using enum core::lease_decision::standing;
        auto& credits = *state_.credits;
        const auto key = credits.key_of_account(account);
        const auto said =
            takes ? credits.take(worker_, key, cost, now) : credits.look(worker_, key, cost, now);
        if (said.what == unknown) d.wants = credits.wanted_of_account(account, cost);
        if (said.what == unknown || said.what == unsure)
            return is_unsure(d, "its credits cannot be asked");
        d.credits = said.remaining;
        if (said.what != allowed) d.what = verdict::usage_exceeded;
        return said.what == allowed;
    }
    template <class Decision>
    static bool is_unsure(Decision& d, const char* why) {
        d.what.reset();
        d.reason = why;
        return false;
    }
    template <class Shared>
    key_decision_by<Shared> not_found() {
        count(verdict::not_found);
        return {verdict::not_found};
    }
    void count_use(const api_key_inquiry& asked, const api_key_record& found, std::uint64_t cost,
                   core::real_time now) {
        if (uses_)
            uses_->add(
                credential_kind::api_key, asked.key, asked.hash, now,
                [&] { return found.key_id(); }, found.retires_at().has_value(), cost);
    }
    void count(verdict) noexcept;
    void ask_for_refresh(const api_key_inquiry&);

    node_state& state_;
    const std::size_t worker_;
    configuration settings_;
    metrics& metrics_;
    use_counts* const uses_;
    bool leases_ = true;
};

} // namespace latchkey::auth
