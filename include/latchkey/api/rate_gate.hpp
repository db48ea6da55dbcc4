#pragma once
// Asks the limits about a request, and refuses it where one is reached:
//   429 {code: "RATE_LIMITED"}, with Retry-After, RateLimit-Policy and RateLimit

#include <latchkey/api/rate_limits.hpp>
#include <latchkey/http/exchange.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::api {

/// One per worker, used on its thread. While there is no policy, each question costs one load.
class rate_gate {
  public:
    /// Null: nothing is limited.
    rate_gate(rate_limits* limits, std::size_t worker) noexcept
        : limits_(limits), worker_(worker) {}

    /// The client's address. True: go on, the whole cost was taken. False: it was answered, and
    /// nothing was taken.
    bool admit_client(http::exchange& ex, std::uint64_t cost) {
        return !any() || take_client(ex, cost);
    }
    /// Another subject that the request names.
    bool admit(http::exchange& ex, counted what, std::string_view subject) {
        return !any() || take(ex, what, subject);
    }
    /// An item of a batch: the batch tells what was refused.
    bool admit_item(http::exchange& ex, counted what, std::string_view subject) {
        return !any() || take_item(ex, what, subject);
    }

    enum class door {
        open,    ///< addresses are not counted here
        counted, ///< ask `admit_client` once the cost is known
        closed,  ///< not even one would be admitted: it was answered
    };
    /// Of a request whose cost shows later. Takes nothing.
    door door_of(http::exchange& ex) { return any() ? look_at_client(ex) : door::open; }

  private:
    bool any() const noexcept { return limits_ && limits_->any(); }
    bool take_client(http::exchange&, std::uint64_t cost);
    bool take(http::exchange&, counted, std::string_view subject);
    bool take_item(http::exchange&, counted, std::string_view subject);
    door look_at_client(http::exchange&);

    rate_limits* limits_;
    const std::size_t worker_;
};

} // namespace latchkey::api
