#pragma once
// "Is this API key good, and whose is it?": the endpoint's question, without HTTP.

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

/// One per worker, on its thread. Call `fingerprint`; if it returns one, `from_cache`; if that does
/// not decide, `ask`, and `conclude` once the inquiry is decided. Every question is counted once.
class api_key_verifier {
  public:
    api_key_verifier(node_state& b, std::size_t worker, const configuration& settings, metrics& m,
                     use_counts* uses = nullptr)
        : state_(b), worker_(worker), settings_(settings), metrics_(m), uses_(uses) {}

    void configure(const configuration& settings) { settings_ = settings; }

    using admission = std::function<bool(const api_key_record&)>;

    /// Returns the fingerprint to look up, or nullopt if the text is INVALID_FORMAT.
    std::optional<core::fingerprint> fingerprint(std::string_view presented);

    /// Returns the verdict, or nullopt if the cache does not decide. `valid(record, asked_at, now)`
    /// is called for VALID, while the record is sure to stay; it must not wait. `admit(record)` is
    /// called before that, for a key that is otherwise good: false makes it RATE_LIMITED and takes
    /// nothing from its own limit.
    template <class Admit, class Valid>
    std::optional<verdict> from_cache(const api_key_inquiry& asked, const api_key_request& request,
                                      Admit&& admit, Valid&& valid) {
        return from_cache(asked, request, clock_reading::read(state_.known),
                          std::forward<Admit>(admit), std::forward<Valid>(valid));
    }
    /// The same with a clock reading that several questions share.
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

    /// Sets the inquiry's hash from its fingerprint, which must be set.
    void place(api_key_inquiry& i) const noexcept { i.hash = state_.where.hash(i.key); }
    void ask(api_key_inquiry&);

    /// Returns the verdict on a decided inquiry, or nullopt if it cannot be decided (UNAVAILABLE).
    std::optional<verdict> conclude(const api_key_inquiry&, const api_key_request&,
                                    const core::moment& now, const admission& admit = {});

    /// The limit of the key that was last VALID or RATE_LIMITED; nullopt if the key has none or it
    /// was not checked.
    const std::optional<key_limit>& limit() const noexcept { return limit_; }

  private:
    verdict counted(verdict) noexcept;
    void count_use(const api_key_inquiry& asked, const api_key_record& found, core::real_time now) {
        if (uses_)
            uses_->add(credential_kind::api_key, asked.key, asked.hash, now,
                       [&] { return std::string_view(found.facts().key_id); });
    }
    // Checks the key's own limit and the limits that it shares. A key that has used up its own
    // limit must not use up a shared one.
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
