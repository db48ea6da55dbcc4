#pragma once
// One owner core's part of a credential_cache: the flights of its credentials, and all writes to
// its shards. Asking, changing and filling happen on one thread, so their order is simple: a fill
// never restores what a change has erased.

#include <latchkey/auth/cache/credential_cache.hpp>
#include <latchkey/auth/cache/question.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/core/flow/single_flight.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace latchkey::auth {

/// An owner core's metric cells.
struct owner_metrics {
    core::counter coalesced; ///< questions that joined another's look-up
    core::counter refreshed; ///< look-ups begun to keep an entry
    core::counter unkept;    ///< answers not cached because of a change meanwhile
};

/// Lives on its worker's thread. `start` sends a look-up to the store.
template <class Record>
class credential_owner {
  public:
    using start_function = std::function<void(lookup<Record>&)>;
    using withheld_function = std::function<bool(const Record&)>;

    /// `withheld`: whether what the database says of a credential does not count now, since this
    /// process remembers otherwise; null: it always counts.
    credential_owner(credential_cache<Record>& cache, std::size_t index,
                     const cache_configuration& settings, start_function start,
                     withheld_function withheld = nullptr)
        : cache_(cache),
          index_(index),
          settings_(settings),
          start_(std::move(start)),
          withheld_(std::move(withheld)),
          flights_(settings.flight_timeout) {}

    /// Answers from the cache, joins a flight, or begins one.
    void ask(question<Record>& q) noexcept {
        const auto now = core::moment::now();
        if (q.terms.read && answer_from_cache(q)) return send_back(q);
        const core::single_flight::demand demand{!q.terms.read, q.terms.keep};
        auto* f = flights_.joinable(q.key, q.hash, now, demand, cache_.known().broad_change());
        q.source = f ? answer_source::coalesced : answer_source::miss;
        if (f) {
            metrics.coalesced.add();
            return core::single_flight::join(*f, q, demand);
        }
        auto& begun = begin(q.key, q.hash, now);
        core::single_flight::join(begun, q, demand);
        start_(begun);
    }

    /// Looks an entry up again while it is still good.
    void refresh(const core::fingerprint& key, std::uint64_t hash) noexcept {
        const auto now = core::moment::now();
        if (flights_.joinable(key, hash, now, {}, cache_.known().broad_change())) return;
        metrics.refreshed.add();
        auto& begun = begin(key, hash, now);
        begun.keep = begun.background = true;
        start_(begun);
    }

    /// A change of this credential has been applied.
    void changed(const core::fingerprint& key, std::uint64_t hash) noexcept {
        flights_.taint(key, hash);
        cache_.facts().erase(key, hash);
        cache_.negative_entries().erase(key, hash);
    }
    /// Erases at most `count` entries of each cache; returns false if none is left.
    bool erase_some(std::size_t count) noexcept {
        const bool facts = cache_.facts().shard(index_).erase_some(count);
        const bool negative = cache_.negative_entries().shard(index_).erase_some(count);
        return facts || negative;
    }
    /// Called now and then: frees memory that no reader sees any more, and lets failed refreshes be
    /// tried again.
    void tick() noexcept {
        cache_.facts().shard(index_).reclaim();
        cache_.negative_entries().shard(index_).reclaim();
        for (const auto& [key, hash] : std::exchange(failed_refreshes_, {}))
            cache_.facts().refresh_failed(key, hash);
    }

    std::size_t flights_under_way() const noexcept { return flights_.under_way(); }

    owner_metrics metrics;

  private:
    struct owned_flight final : core::flight, lookup<Record> {
        explicit owned_flight(credential_owner& h) : owner(h) {}
        void sent() noexcept override { core::flight::sent = true; }
        void complete() noexcept override { owner.land(*this); }
        credential_owner& owner;
        bool background = false;
    };

    bool answer_from_cache(question<Record>& q) {
        bool aged = false;
        const bool found =
            cache_.read(index_, q.key, q.hash, {}, [&](const auto& hit, const core::moment& now) {
                aged = q.hides(*hit.record) && age(hit.asked_at, now) >= settings_.negative_ttl;
                q.status = lookup_status::found;
                q.record = hit.record;
                q.asked_at = hit.asked_at;
            });
        if (aged) return forget(q);
        if (!found && !cache_.absent(index_, q.key, q.hash)) return false;
        if (!found) q.status = lookup_status::absent;
        q.source = answer_source::hit;
        return true;
    }

    // To one who may not know of it, a fact is no older than the knowledge that there is none.
    static bool forget(question<Record>& q) noexcept {
        q.status = lookup_status::unavailable;
        q.record.reset();
        return false;
    }

    owned_flight& begin(const core::fingerprint& key, std::uint64_t hash, const core::moment& now) {
        if (free_.empty()) {
            all_.push_back(std::make_unique<owned_flight>(*this));
            free_.push_back(all_.back().get());
        }
        auto& f = *free_.back();
        free_.pop_back();
        flights_.begin(f, key, hash, now, cache_.known().sequence());
        f.lookup<Record>::key = key;
        f.background = false;
        return f;
    }

    void land(owned_flight& f) noexcept {
        const auto landing = flights_.finish(f, core::moment::now());
        if (landing.late)
            refuse(f, "the look-up took longer than cache.flight_timeout");
        else if (f.status == lookup_status::found && withheld_ && withheld_(*f.record))
            refuse(f, "this node remembers that it was revoked, which the database has not settled "
                      "yet");
        const bool decided = f.status != lookup_status::unavailable;
        if (decided && landing.keep)
            keep(f);
        else if (decided)
            metrics.unkept.add();
        if (!decided && f.background) failed_refreshes_.emplace_back(f.core::flight::key, f.hash);
        deliver(f, landing.waiters);
        f.record.reset();
        free_.push_back(&f);
    }

    static void refuse(owned_flight& f, const char* why) noexcept {
        f.status = lookup_status::unavailable;
        f.reason = why;
        f.record.reset();
    }

    void keep(owned_flight& f) {
        const auto& key = f.core::flight::key;
        fact_origin origin{f.asked_at, f.sequence, 0};
        if (f.status == lookup_status::found)
            origin.organization = consistency::organization_of(f.record->organization_id());
        if (!cache_.known().unchanged(origin)) return metrics.unkept.add();
        if (f.status == lookup_status::absent) {
            cache_.facts().erase(key, f.hash);
            cache_.negative_entries().fill(key, f.hash, origin, 0,
                                           f.asked_at.boot + settings_.negative_ttl);
            return;
        }
        cache_.negative_entries().erase(key, f.hash);
        cache_.facts().fill(key, f.hash, {f.record, origin}, f.record->bytes(),
                            f.asked_at.boot + settings_.ttl);
    }

    void deliver(const owned_flight& f, core::flight_waiter* waiter) noexcept {
        while (waiter) {
            auto& q = static_cast<question<Record>&>(*waiter);
            waiter = waiter->next_waiter;
            q.status = f.status;
            q.record = f.record;
            q.reason = f.reason;
            q.asked_at = f.asked_at;
            send_back(q);
        }
    }
    static void send_back(question<Record>& q) noexcept { q.answer_box->send(q); }

    credential_cache<Record>& cache_;
    const std::size_t index_;
    const cache_configuration& settings_;
    start_function start_;
    withheld_function withheld_;
    core::single_flight flights_;
    std::vector<std::unique_ptr<owned_flight>> all_;
    std::vector<owned_flight*> free_;
    std::vector<std::pair<core::fingerprint, std::uint64_t>> failed_refreshes_;
};

} // namespace latchkey::auth
