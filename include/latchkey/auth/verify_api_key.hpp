#pragma once
// "Is this API key good, and whose is it?": what the endpoint asks, without HTTP.

#include <latchkey/auth/api_key.hpp>
#include <latchkey/auth/beliefs.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/judge.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/use_counts.hpp>

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace latchkey::auth {

/// One per worker. First `fingerprint`; then, where it gives one, `from_cache`; where that does not
/// decide, `ask`, and `conclude` once the inquiry is decided. Every question is counted once.
class api_key_verifier {
  public:
    api_key_verifier(beliefs& b, std::size_t worker, const configuration& settings, metrics& m,
                     use_counts* uses = nullptr)
        : beliefs_(b), worker_(worker), settings_(settings), metrics_(m), uses_(uses) {}

    /// What to look up; nothing: INVALID_FORMAT, without a look-up.
    std::optional<core::fingerprint> fingerprint(std::string_view presented);

    /// The verdict, where what is believed decides. `valid(record, asked_at, now)` is called for a
    /// VALID one, while the record is sure to stay; nothing in it waits.
    template <class Valid>
    std::optional<verdict> from_cache(const api_key_inquiry& asked, const api_key_request& request,
                                      Valid&& valid) {
        return from_cache(asked, request, arrival::read(beliefs_.known),
                          std::forward<Valid>(valid));
    }
    /// The same with clocks that were read for several questions.
    template <class Valid>
    std::optional<verdict> from_cache(const api_key_inquiry& asked, const api_key_request& request,
                                      const arrival& at, Valid&& valid) {
        std::optional<verdict> decided;
        bool refresh = false;
        const auto judge_hit = [&](const api_key_cache::hit& hit, const core::moment& now) {
            decided = judge(*hit.record, request, now.real);
            refresh = hit.refresh;
            if (*decided != verdict::valid) return;
            count_use(asked, *hit.record, now.real);
            valid(*hit.record, hit.asked_at, now);
        };
        if (beliefs_.api_keys.read(worker_, asked.key, asked.hash, beliefs_.settings.ttl, at,
                                   judge_hit)) {
            metrics_.api_keys.hits.add();
        } else if (beliefs_.api_keys.absent(worker_, asked.key, asked.hash, at)) {
            metrics_.negative_hits.add();
            decided = verdict::not_found;
        }
        if (!decided) return std::nullopt;
        if (refresh) ask_for_refresh(asked);
        return counted(*decided);
    }

    /// The inquiry's key is set: its place is found here.
    void place(api_key_inquiry& i) const noexcept { i.hash = beliefs_.where.hash(i.key); }
    void ask(api_key_inquiry&);

    /// The verdict on a decided inquiry; nothing: it cannot be decided (UNAVAILABLE).
    std::optional<verdict> conclude(const api_key_inquiry&, const api_key_request&,
                                    core::real_time now);

  private:
    verdict counted(verdict) noexcept;
    void count_use(const api_key_inquiry& asked, const api_key_record& found, core::real_time now) {
        if (uses_)
            uses_->add(credential_kind::api_key, asked.key, asked.hash, now,
                       [&] { return std::string_view(found.facts().key_id); });
    }
    void ask_for_refresh(const api_key_inquiry&);

    beliefs& beliefs_;
    const std::size_t worker_;
    configuration settings_;
    crypto::digest sha256_;
    metrics& metrics_;
    use_counts* const uses_;
};

} // namespace latchkey::auth
