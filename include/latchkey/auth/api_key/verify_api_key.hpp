#pragma once
// "Is this API key good, and whose is it?": what the endpoint asks, without HTTP.

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/auth/api_key/key_limit.hpp>
#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/usage/use_counts.hpp>

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace latchkey::auth {

/// One per worker. First `fingerprint`; then, where it gives one, `from_cache`; where that does not
/// decide, `ask`, and `conclude` once the inquiry is decided. Every question is counted once.
class api_key_verifier {
  public:
    api_key_verifier(node_state& b, std::size_t worker, const configuration& settings, metrics& m,
                     use_counts* uses = nullptr)
        : state_(b), worker_(worker), settings_(settings), metrics_(m), uses_(uses) {}

    void configure(const configuration& settings) { settings_ = settings; }

    using admission = std::function<bool(const api_key_record&)>;

    /// What to look up; nothing: INVALID_FORMAT, without a look-up.
    std::optional<core::fingerprint> fingerprint(std::string_view presented);

    /// The verdict, where what is believed decides. `valid(record, asked_at, now)` is called for a
    /// VALID one, while the record is sure to stay; nothing in it waits.
    /// `admit(record)` is asked before, of one that is good: false makes it RATE_LIMITED, and costs
    /// it nothing.
    template <class Admit, class Valid>
    std::optional<verdict> from_cache(const api_key_inquiry& asked, const api_key_request& request,
                                      Admit&& admit, Valid&& valid) {
        return from_cache(asked, request, clock_reading::read(state_.known),
                          std::forward<Admit>(admit), std::forward<Valid>(valid));
    }
    /// The same with clocks that were read for several questions.
    template <class Admit, class Valid>
    std::optional<verdict> from_cache(const api_key_inquiry& asked, const api_key_request& request,
                                      const clock_reading& at, Admit&& admit, Valid&& valid) {
        std::optional<verdict> decided;
        bool refresh = false;
        const auto judge_hit = [&](const api_key_cache::hit& hit, const core::moment& now) {
            decided = judge(*hit.record, request, now.real);
            refresh = hit.refresh;
            if (*decided != verdict::valid) return;
            if (!may_pass(*hit.record, request.cost, now.boot, admit)) {
                decided = verdict::rate_limited;
                return;
            }
            count_use(asked, *hit.record, now.real);
            valid(*hit.record, hit.asked_at, now);
        };
        if (state_.api_keys.read(worker_, asked.key, asked.hash,
                                 state_.ttl.load(std::memory_order_relaxed), at, judge_hit)) {
            metrics_.api_keys.hits.add();
        } else if (state_.api_keys.absent(worker_, asked.key, asked.hash, at)) {
            metrics_.negative_hits.add();
            decided = verdict::not_found;
        }
        if (!decided) return std::nullopt;
        if (refresh) ask_for_refresh(asked);
        return counted(*decided);
    }

    /// The inquiry's key is set: its place is found here.
    void place(api_key_inquiry& i) const noexcept { i.hash = state_.where.hash(i.key); }
    void ask(api_key_inquiry&);

    /// The verdict on a decided inquiry; nothing: it cannot be decided (UNAVAILABLE).
    std::optional<verdict> conclude(const api_key_inquiry&, const api_key_request&,
                                    const core::moment& now, const admission& admit = {});

    /// Of the key that was last VALID or RATE_LIMITED; nothing: it has none, or was not asked for
    /// it.
    const std::optional<key_limit>& limit() const noexcept { return limit_; }

  private:
    verdict counted(verdict) noexcept;
    void count_use(const api_key_inquiry& asked, const api_key_record& found, core::real_time now) {
        if (uses_)
            uses_->add(credential_kind::api_key, asked.key, asked.hash, now,
                       [&] { return std::string_view(found.facts().key_id); });
    }
    // By its own limit, and by those that it shares: of these, a key that has had its own share
    // must not use up what is the others'.
    template <class Admit>
    bool may_pass(const api_key_record& found, std::uint64_t cost, core::boot_time now,
                  Admit&& admit) {
        limit_.reset();
        if (!found.facts().rate_limit || !state_.limits) return admit(found);
        const key_bucket bucket(*state_.limits, found);
        auto own = bucket.look(cost, now);
        if (own.said.allowed) {
            if (!admit(found)) return false;
            own = bucket.take(cost, now);
        }
        limit_ = own;
        return own.said.allowed;
    }
    void ask_for_refresh(const api_key_inquiry&);

    node_state& state_;
    const std::size_t worker_;
    configuration settings_;
    metrics& metrics_;
    use_counts* const uses_;
    std::optional<key_limit> limit_;
};

} // namespace latchkey::auth
