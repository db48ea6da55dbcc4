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

    /// The limit of the caller's key, beyond the record's life.
    struct own_limit {
        core::rate_rule rule;
        core::rate_key key;
    };

    void part() noexcept override;
    void decided() noexcept override { asker_->resume(); }
    void finish(http::exchange&) override;
    bool settle(http::exchange&, const decision&, const auth::api_key_record*);
    bool refuse_limited(http::exchange&, const auth::key_limit&, std::uint64_t cost);
    void take(const auth::api_key_record&);
    bool may(http::exchange&);
    auth::api_key_request request_of(http::exchange&) const;

    caller_gate& gate_;
    http::exchange* asker_ = nullptr;
    auth::caller_right right_{};
    std::optional<own_limit> limit_;
    std::string key_id_; ///< of a client
};

} // namespace latchkey::api
