#pragma once
// A request that needs a credential verified, and may wait for that. An endpoint derives from this
// to define its fields and its answer, and has a check for each kind of credential that it takes.

#include "api/public/verification.hpp"

#include <latchkey/auth/api_key/key_limit.hpp>
#include <latchkey/auth/cache/question.hpp>
#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <optional>
#include <string_view>

namespace latchkey::api {

class public_api;

/// How a valid credential was found.
struct finding {
    auth::answer_source how;
    core::moment asked_at; ///< when the fact was asked for
    core::moment now;
    const auth::key_limit* limit = nullptr; ///< an API key's own, if it has one
    std::optional<std::uint64_t> credits{}; ///< about what is left of its account, if it has one
};

/// What an endpoint answers to the holder of a valid credential, and to others.
template <class Record>
class holder_answer {
  public:
    /// The record is valid during the call only.
    virtual void answer(http::exchange&, const Record&, const finding&) = 0;
    /// The credential is not good. `buffer` is for the body.
    virtual void refuse(http::exchange& ex, std::string& buffer, auth::verdict why) {
        answer_invalid(ex, buffer, why);
    }
    /// The API key is good, and its own limit is reached.
    virtual void refuse_limited(http::exchange& ex, std::string& buffer,
                                const auth::key_limit& limit) {
        answer_limited(ex, buffer, limit);
    }

  protected:
    ~holder_answer() = default;
};

/// The verification of one credential. It answers the exchange, by the endpoint if the credential
/// is valid.
class credential_check {
  public:
    enum class progress {
        answered,
        waiting, ///< the exchange will be resumed; then call `go_on`
    };
    virtual progress begin(http::exchange&) = 0;
    virtual progress go_on(http::exchange&) = 0;
    /// Forgets the finished request.
    virtual void reset() noexcept = 0;

  protected:
    ~credential_check() = default;
};

/// Owned by its worker's public_api, lent to one exchange at a time.
class credential_request : public http::pending {
  public:
    explicit credential_request(public_api& api) : api_(api) {}

    /// Answers at once if nothing needs to wait.
    void handle(http::exchange&);

  protected:
    ~credential_request() = default;

    /// Reads the body and sets up the check. Returns nullopt if all is well.
    virtual std::optional<http::refusal> read(http::exchange&) = 0;
    /// Returns the check for the credential that was read.
    virtual credential_check& check() = 0;
    /// Returns itself to its pool.
    virtual void give_back() = 0;

    public_api& api_;
    http::json_body body_;

  private:
    void finish(http::exchange&) override;
    std::string_view awaited() const noexcept override { return look_up; }
    void follow(http::exchange&, credential_check::progress);
};

} // namespace latchkey::api
