#pragma once
// "Is this API key good, and whose is it?": the endpoint's question, without HTTP.

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/auth/api_key/key_limit.hpp>
#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/configuration.hpp>
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

    /// Where keys' own limits are counted; null if they are not enforced.
    core::rate_limiter* key_limits() const noexcept { return state_.limits; }

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
        if (d.what == verdict::valid && !may_pass(d, found, request.cost, now.boot, shared))
            d.what = verdict::rate_limited;
        if (d.what == verdict::valid) count_use(asked, found, now.real);
        count(*d.what);
        return d;
    }
    // A key that has used up its own limit takes nothing from shared ones, and the reverse.
    template <class Shared>
    bool may_pass(key_decision_by<Shared>& d, const api_key_record& found, std::uint64_t cost,
                  core::boot_time now, Shared&& shared) {
        if (!found.rate_limit() || !state_.limits) {
            d.refusal = shared(found);
            return !d.refusal;
        }
        const key_bucket bucket(*state_.limits, found);
        auto own = bucket.look(cost, now);
        if (own.said.allowed) {
            d.refusal = shared(found);
            if (d.refusal) return false;
            own = bucket.take(cost, now);
        }
        d.limit = own;
        return own.said.allowed;
    }
    template <class Shared>
    key_decision_by<Shared> not_found() {
        count(verdict::not_found);
        return {verdict::not_found};
    }
    void count_use(const api_key_inquiry& asked, const api_key_record& found, core::real_time now) {
        if (uses_)
            uses_->add(
                credential_kind::api_key, asked.key, asked.hash, now,
                [&] { return found.key_id(); }, found.retires_at().has_value());
    }
    void count(verdict) noexcept;
    void ask_for_refresh(const api_key_inquiry&);

    node_state& state_;
    const std::size_t worker_;
    configuration settings_;
    metrics& metrics_;
    use_counts* const uses_;
};

} // namespace latchkey::auth
