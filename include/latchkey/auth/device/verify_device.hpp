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
#include <latchkey/auth/limit/leaves_open.hpp>
#include <latchkey/auth/metrics.hpp>
#include <latchkey/auth/usage/use_counts.hpp>

#include <optional>
#include <string_view>
#include <type_traits>

namespace latchkey::auth {

/// `Refusal` is what the asker's `shared(record)` returns: it asks the limits that the device
/// shares with others, and what it returns is true if they refuse.
template <class Refusal>
struct device_decision {
    std::optional<verdict> what; ///< nullopt if it cannot be decided (UNAVAILABLE)
    const char* reason = "";     ///< why it cannot: static text
    Refusal refusal{};           ///< if a shared limit made it RATE_LIMITED
};
template <class Shared>
using device_decision_by = device_decision<std::invoke_result_t<Shared&, const device_record&>>;

/// What the verifications of one worker share. On its thread.
class device_verifier {
  public:
    device_verifier(node_state& b, std::size_t worker, scrypt_pool& passwords, metrics& m,
                    use_counts* uses = nullptr)
        : node_(b), worker_(worker), passwords_(passwords), metrics_(m), uses_(uses) {}

    /// Returns what to look up and to compare, or nullopt if the request is INVALID_FORMAT.
    std::optional<device_claim> claim(std::string_view device_id, std::string_view secret);
    /// The same for an asker that knows who the device is, and only asks what it may now.
    std::optional<device_claim> claim_of_known(std::string_view device_id);

  private:
    friend class device_verification;
    void count(const std::optional<verdict>&) noexcept;

    node_state& node_;
    const std::size_t worker_;
    scrypt_pool& passwords_;
    metrics& metrics_;
    use_counts* const uses_;
};

/// One device's way to a decision: the cache, the look-up, the password. Every question is counted
/// once. It can be used again once it has decided and was `reset`.
///
///   start(claim);
///   if (terms.read && from_cache(request, at, shared, use)) return;   // `use` got the decision
///   if (ask(secret, now)) …                                           // wait for `woken`
///   const auto decided = conclude(request, now, shared);              // nullopt: ask once more
class device_verification : public device_inquiry {
  public:
    explicit device_verification(device_verifier& by) : by_(by), password_(*this) {}

    void start(const device_claim&) noexcept;

    /// Decides by the cache. Returns false if it does not decide; then call `ask`. Otherwise
    /// `use(decision, record, asked_at)` was called; it must not wait. The record is null for
    /// INVALID_CREDENTIALS, and sure to stay during the call only.
    template <class Shared, class Use>
    bool from_cache(const device_request& request, const clock_reading& at, Shared&& shared,
                    Use&& use) {
        std::optional<verdict> weighed = verdict::invalid_credentials;
        bool refresh = false;
        bool hidden = false;
        bool aged = false;
        const auto look_at = [&](const device_record& one, const core::moment& since,
                                 const core::moment& now) {
            hidden = hides(one);
            aged = hidden && core::age(since, now) >= by_.node_.settings.negative_ttl;
        };
        const auto use_hit = [&](const device_cache::hit& hit, const core::moment& now) {
            refresh = hit.refresh;
            look_at(*hit.record, hit.asked_at, now);
            if (hidden) return;
            weighed = weigh(*hit.record, request, now.real);
            if (!weighed) return take(hit);
            if (*weighed == verdict::invalid_credentials) return;
            const auto decided = *weighed == verdict::valid
                                     ? admitted(*hit.record, now.real, shared)
                                     : refused<Shared>(*weighed);
            use(decided, hit.record.get(), hit.asked_at);
        };
        const auto ttl = by_.node_.ttl.load(std::memory_order_relaxed);
        auto& devices = by_.node_.devices;
        const bool found = devices.read(by_.worker_, key, hash, ttl, at, use_hit);
        // After a wrong secret and for a hidden device, too: they take the same steps as an unknown
        // device, which is looked at as if it were found.
        const bool absent =
            weighed == verdict::invalid_credentials && devices.absent(by_.worker_, key, hash, at);
        if (!found && !absent) return false;
        if (!found) look_at(nobody(), at.now, at.now);
        if (!found || hidden) weighed = weigh(nobody(), request, core::real_time());
        (found && !hidden ? by_.metrics_.devices.hits : by_.metrics_.negative_hits).add();
        if (refresh) ask_for_refresh();
        if (!weighed || aged) return false;
        if (*weighed == verdict::invalid_credentials)
            use(refused<Shared>(*weighed), nullptr, core::moment());
        return true;
    }

    /// True if the next `ask` is about the password, which may cost a computation.
    bool needs_password() const noexcept { return needs_password_; }
    /// Asks for what is missing. Returns true if `woken` will be called on this worker, never from
    /// within `ask`; false if `conclude` can decide now. Copies `secret` if it is needed later.
    bool ask(std::string_view secret, const core::moment& now);

    /// Decides by what has come. Returns nullopt if the password must be checked: call `ask`.
    template <class Shared>
    std::optional<device_decision_by<Shared>> conclude(const device_request& request,
                                                       core::real_time now, Shared&& shared) {
        if (const char* why = why_unknown()) {
            give_up();
            return device_decision_by<Shared>{std::nullopt, why};
        }
        const auto weighed = weigh_what_came(request, now);
        if (!weighed) return std::nullopt;
        if (*weighed != verdict::valid) return refused<Shared>(*weighed);
        return admitted(*record, now, shared);
    }
    /// Counts the question as undecided: its asker will not ask.
    void give_up() noexcept { by_.count(std::nullopt); }

    /// Forgets the question.
    void reset() noexcept;

  protected:
    ~device_verification() = default;

    /// What was asked for has come, or cannot come.
    virtual void woken() noexcept = 0;

  private:
    // Waits for the scrypt threads.
    struct password final : password_check {
        explicit password(device_verification& v) : owner(v) {}
        void checked() noexcept override { owner.woken(); }
        device_verification& owner;
    };

    void decided() noexcept final { woken(); }

    static const device_record& nobody();
    // Returns nullopt if only scrypt can tell whether the secret is right.
    std::optional<verdict> weigh(const device_record&, const device_request&, core::real_time now);
    std::optional<verdict> weigh_what_came(const device_request&, core::real_time now);
    // Returns null if what was asked for has come.
    const char* why_unknown() const noexcept;
    // The device is good, if the limits that it shares admit it.
    template <class Shared>
    device_decision_by<Shared> admitted(const device_record& found, core::real_time now,
                                        Shared&& shared) {
        device_decision_by<Shared> d{verdict::valid, "", shared(found)};
        if (leaves_open(d.refusal)) return {std::nullopt, "", d.refusal};
        if (d.refusal)
            d.what = verdict::rate_limited;
        else if (!claim_.is_vouched_for)
            count_use(found, now);
        by_.count(d.what);
        return d;
    }
    template <class Shared>
    device_decision_by<Shared> refused(verdict why) {
        by_.count(why);
        return {why};
    }
    void count_use(const device_record& found, core::real_time now) {
        if (by_.uses_)
            by_.uses_->add(
                credential_kind::device, key, hash, now,
                [&] { return std::string_view(found.facts().device_id); }, is_previous_);
    }
    void take(const device_cache::hit&);
    void ask_for_refresh();

    device_verifier& by_;
    device_claim claim_;
    bool needs_password_ = false;
    bool is_previous_ = false; ///< if the secret is right: it is the one before the last rotation
    password password_;
};

} // namespace latchkey::auth
