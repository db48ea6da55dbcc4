#pragma once
// One caller, from what its request presents to what it may there.

#include <latchkey/api/caller_gate.hpp>
#include <latchkey/api/principal.hpp>
#include <latchkey/auth/api_key/key_limit.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::api {

/// Owned by its worker's caller_gate, lent to one exchange until that has ended.
class caller_check final : public known_caller,
                           public http::pending,
                           private auth::api_key_inquiry {
  public:
    explicit caller_check(caller_gate& gate) : gate_(gate) {}

    // --- Each returns true if the endpoint may answer, as caller_gate::admit does ---
    /// `key_id`: which key a client of OAuth says it is; nullopt: it is no such client.
    bool begin(http::exchange&, auth::caller_right, std::string_view key,
               std::optional<std::string_view> key_id = std::nullopt);
    bool begin(http::exchange&, auth::caller_right, const principal& known);
    bool charge(http::exchange&, std::uint64_t cost);

  private:
    using decision = auth::key_decision<std::optional<http::refusal>>;

    core::charged_limits::stage stage() const noexcept {
        using enum core::charged_limits::stage;
        return by_client ? client : request;
    }
    void part() noexcept override;
    void decided() noexcept override { asker_->resume(); }
    void finish(http::exchange&) override;
    bool settle(http::exchange&, const decision&, const auth::api_key_record*);
    void count_refusal(const http::refusal&);
    bool refuse_limited(http::exchange&, const auth::key_limit&, std::uint64_t cost);
    void take(const auth::api_key_record&);
    bool passes(http::exchange&, const auth::key_counted&, std::uint64_t cost);
    bool may(http::exchange&);
    auth::api_key_request request_of(http::exchange&) const;

    caller_gate& gate_;
    http::exchange* asker_ = nullptr;
    auth::caller_right right_{};
    std::optional<auth::key_bucket> limit_; ///< of the caller's key
    std::string key_id_;                    ///< of a client
};

} // namespace latchkey::api
