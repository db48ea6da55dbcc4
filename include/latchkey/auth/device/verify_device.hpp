#pragma once
// "Is this device the one that it says, and whose is it?": what the endpoints ask, without HTTP.
//
// Nobody learns here which ids exist: an unknown device and a wrong secret have the same verdict,
// and take the same steps at an equal state of the cache, a comparison with a record that no secret
// matches among them. What scrypt takes is the exception: scrypt_pool.hpp.

#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/device/judge_device.hpp>
#include <latchkey/auth/device/password_check.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/usage/use_counts.hpp>

#include <functional>
#include <optional>
#include <string_view>

namespace latchkey::auth {

/// How a device's question stands.
struct device_decision {
    enum class step {
        decided,
        look_up,   ///< what is believed does not decide: `ask`
        password,  ///< `check_password`, then `conclude`
        undecided, ///< UNAVAILABLE
    };
    step next = step::look_up;
    verdict what = verdict::invalid_credentials; ///< when decided
};

/// One per worker. First `claim`; then, where it gives one, `from_cache`; then what the decisions
/// say. Every question is counted once.
class device_verifier {
  public:
    device_verifier(node_state& b, std::size_t worker, scrypt_pool& passwords, metrics& m,
                    use_counts* uses = nullptr)
        : node_(b), worker_(worker), passwords_(passwords), metrics_(m), uses_(uses) {}

    using admission = std::function<bool(const device_record&)>;

    /// What to look up, and to compare; nothing: INVALID_FORMAT, without a look-up.
    std::optional<device_claim> claim(std::string_view device_id, std::string_view secret);

    /// The inquiry is of this device from now on.
    void place(device_inquiry& i, const device_claim& claim) const noexcept {
        i.key = claim.device;
        i.hash = node_.where.hash(i.key);
    }

    /// What is believed. `valid(record, asked_at, now)` is called for a VALID verdict, while the
    /// record is sure to stay; nothing in it waits. For `password`, the inquiry has the record.
    /// `admit(record)` is asked before, of one that is good: false makes it RATE_LIMITED, which is
    /// no use of it.
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
        // Of a wrong secret, too, for the time that it takes.
        const bool absent =
            !welcome(decision) && node_.devices.absent(worker_, asked.key, asked.hash);
        if (!found && !absent) return {};
        if (!found) decision = weigh(nobody(), claim, request, core::real_time());
        (found ? metrics_.devices.hits : metrics_.negative_hits).add();
        if (refresh) ask_for_refresh(asked);
        return counted(decision);
    }

    void ask(device_inquiry&);
    /// On a decided inquiry.
    device_decision conclude(device_inquiry&, const device_claim&, const device_request&,
                             core::real_time now, const admission& admit = {});

    /// Of the inquiry's record. `waiting`: `checked` will be called on this worker.
    password_outcome check_password(password_check&, const device_inquiry&, const device_claim&,
                                    std::string_view secret, const core::moment& now);
    /// On a password that no longer waits.
    device_decision conclude(const device_inquiry&, password_outcome, const device_request&,
                             core::real_time now, const admission& admit = {});

  private:
    using step = device_decision::step;

    static bool is_valid(const device_decision& d) noexcept {
        return d.next == step::decided && d.what == verdict::valid;
    }
    /// Neither unknown nor with a wrong secret.
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
