#pragma once
// "Is this device the one that it claims to be, and whose is it?": the endpoints' question, without
// HTTP.
//
// Nobody can find out here which ids exist: an unknown device and a wrong secret get the same
// verdict, and take the same steps in the same state of the cache, including a comparison with a
// record that no secret matches. The exception is the time that scrypt takes: see scrypt_pool.hpp.

#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/device/judge_device.hpp>
#include <latchkey/auth/device/password_check.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/usage/use_counts.hpp>

#include <functional>
#include <optional>
#include <string_view>

namespace latchkey::auth {

/// The state of a device's question.
struct device_decision {
    enum class step {
        decided,
        look_up,   ///< the cache does not decide: call `ask`
        password,  ///< call `check_password`, then `conclude`
        undecided, ///< UNAVAILABLE
    };
    step next = step::look_up;
    verdict what = verdict::invalid_credentials; ///< if decided
};

/// One per worker, on its thread. Call `claim`; if it returns one, `from_cache`; then what the
/// decision says. Every question is counted once.
class device_verifier {
  public:
    device_verifier(node_state& b, std::size_t worker, scrypt_pool& passwords, metrics& m,
                    use_counts* uses = nullptr)
        : node_(b), worker_(worker), passwords_(passwords), metrics_(m), uses_(uses) {}

    using admission = std::function<bool(const device_record&)>;

    /// Returns what to look up and to compare, or nullopt if the request is INVALID_FORMAT.
    std::optional<device_claim> claim(std::string_view device_id, std::string_view secret);

    /// Makes the inquiry one about this device.
    void place(device_inquiry& i, const device_claim& claim) const noexcept {
        i.key = claim.device;
        i.hash = node_.where.hash(i.key);
    }

    /// Decides by the cache. `valid(record, asked_at, now)` is called for VALID, while the record
    /// is sure to stay; it must not wait. For the step `password`, the inquiry gets the record.
    /// `admit(record)` is called before that, for a device that is otherwise good: false makes it
    /// RATE_LIMITED, which does not count as a use.
    template <class Admit, class Valid>
    device_decision from_cache(device_inquiry& asked, const device_claim& claim,
                               const device_request& request, Admit&& admit, Valid&& valid) {
        device_decision decision;
        bool refresh = false;
        const auto weigh_hit = [&](const device_cache::hit& hit, const core::moment& now) {
            decision = weigh(*hit.record, claim, request, now.real);
            refresh = hit.refresh;
            if (is_valid(decision) && !admit(*hit.record)) decision.what = verdict::rate_limited;
            if (is_valid(decision)) {
                count_use(asked, *hit.record, now.real);
                valid(*hit.record, hit.asked_at, now);
            }
            if (decision.next == device_decision::step::password) take(asked, hit);
        };
        const bool found = node_.devices.read(worker_, asked.key, asked.hash,
                                              node_.ttl.load(std::memory_order_relaxed), weigh_hit);
        // Also looked for after a wrong secret, so that it takes as long as an unknown device.
        const bool absent =
            !welcome(decision) && node_.devices.absent(worker_, asked.key, asked.hash);
        if (!found && !absent) return {};
        if (!found) decision = weigh(nobody(), claim, request, core::real_time());
        (found ? metrics_.devices.hits : metrics_.negative_hits).add();
        if (refresh) ask_for_refresh(asked);
        return counted(decision);
    }

    void ask(device_inquiry&);
    /// Decides on a decided inquiry.
    device_decision conclude(device_inquiry&, const device_claim&, const device_request&,
                             core::real_time now, const admission& admit = {});

    /// Begins a check against the inquiry's record. If it returns `waiting`, `checked` will be
    /// called on this worker.
    password_outcome check_password(password_check&, const device_inquiry&, const device_claim&,
                                    std::string_view secret, const core::moment& now);
    /// Decides on a password check that no longer waits.
    device_decision conclude(const device_inquiry&, password_outcome, const device_request&,
                             core::real_time now, const admission& admit = {});

  private:
    using step = device_decision::step;

    static bool is_valid(const device_decision& d) noexcept {
        return d.next == step::decided && d.what == verdict::valid;
    }
    /// True if the device is known and its secret is not known to be wrong.
    static bool welcome(const device_decision& d) noexcept {
        return d.next == step::password ||
               (d.next == step::decided && d.what != verdict::invalid_credentials);
    }
    static void take(device_inquiry& i, const device_cache::hit& hit) {
        i.status = lookup_status::found;
        i.record = hit.record;
        i.asked_at = hit.asked_at;
        i.source = answer_source::hit;
    }
    static const device_record& nobody();
    static device_decision weigh(const device_record&, const device_claim&, const device_request&,
                                 core::real_time now);
    device_decision counted(const device_decision&) noexcept;
    device_decision admitted(device_decision, const device_inquiry&, core::real_time now,
                             const admission& admit);
    void count_use(const device_inquiry& asked, const device_record& found, core::real_time now) {
        if (uses_)
            uses_->add(credential_kind::device, asked.key, asked.hash, now,
                       [&] { return std::string_view(found.facts().device_id); });
    }
    void ask_for_refresh(const device_inquiry&);

    node_state& node_;
    const std::size_t worker_;
    scrypt_pool& passwords_;
    metrics& metrics_;
    use_counts* const uses_;
};

} // namespace latchkey::auth
