#pragma once
// An admin request that waits for the database.

#include <latchkey/core/result.hpp>
#include <latchkey/http/exchange.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace latchkey::api {

/// Returns the HTTP status for a failure.
int status_of(core::failure_kind) noexcept;
/// Answers with the failure's sentence; a 503 has Retry-After.
void refuse_failure(http::exchange&, const core::failure&);

/// Calls `start(completion)`, and answers with `answer(exchange&, T&)` once it has succeeded. A
/// failure is answered by `refuse_failure`. Owns itself until then. Control thread.
template <class T>
class pending_change final : public http::pending {
  public:
    using answer_function = std::function<void(http::exchange&, T&)>;

    template <class Start>
    static void begin(http::exchange& ex, answer_function answer, Start start) {
        auto change = std::shared_ptr<pending_change>(new pending_change(std::move(answer)));
        change->self_ = change;
        ex.wait_for(*change);
        start([change, &ex](core::result<T> outcome) {
            change->outcome_.emplace(std::move(outcome));
            ex.resume();
        });
    }

  private:
    explicit pending_change(answer_function answer) : answer_(std::move(answer)) {}

    void finish(http::exchange& ex) override {
        const auto keep = std::move(self_);
        if (*outcome_)
            answer_(ex, **outcome_);
        else
            refuse_failure(ex, outcome_->error());
    }

    answer_function answer_;
    std::optional<core::result<T>> outcome_;
    std::shared_ptr<pending_change> self_;
};

} // namespace latchkey::api
