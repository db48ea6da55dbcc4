#pragma once
// Checks a request against the rate limits, and says how it is refused if one is reached:
//   429 {code: "RATE_LIMITED"}, with Retry-After, RateLimit-Policy and RateLimit
// A limit of all nodes that has nothing leased here has the request wait
// (http::refusal::come_again): it is handled from the start once more.

#include <latchkey/api/rate_limits.hpp>
#include <latchkey/http/exchange.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::api {

class lease_desk;

enum class item_standing { admitted, refused, undecided };

/// Where an item of a batch stands: batches decide their items one by one.
struct item_turn {
    core::charged_limits& charged; ///< the limits that have counted it already
    core::boot_time now;
    std::optional<auth::lease_wanted>& wanted; ///< set if it needs a lease: ask again then
};

/// One per worker, used on its thread. Without policies, each check costs one atomic load.
class rate_gate {
  public:
    /// If `limits` is null, nothing is limited.
    rate_gate(rate_limits* limits, std::size_t worker, lease_desk* desk = nullptr) noexcept
        : limits_(limits), worker_(worker), desk_(desk) {}

    /// Counts the request by its client's address. Returns true if the whole cost was taken.
    /// Returns false if the exchange was answered; then nothing was taken.
    bool admit_client(http::exchange& ex, std::uint64_t cost) {
        return !any() || take_client(ex, cost);
    }
    /// Counts the request by another subject that it names. Returns nullopt if the whole cost was
    /// taken; otherwise what to answer, and nothing was taken.
    std::optional<http::refusal> unless_admitted(http::exchange& ex, counted what,
                                                 std::string_view subject, std::uint64_t cost = 1) {
        if (!any()) return std::nullopt;
        return take(ex, what, subject, cost);
    }
    /// Counts an item of a batch. A refused item is reported in the batch's answer.
    item_standing admit_item(http::exchange& ex, counted what, std::string_view subject,
                             const item_turn& turn) {
        return any() ? take_item(ex, what, subject, turn) : item_standing::admitted;
    }

    enum class door {
        open,    ///< addresses are not counted at this endpoint
        counted, ///< call `admit_client` when the cost is known
        closed,  ///< not even a cost of one would be admitted; the exchange was answered
    };
    /// Checks a request whose cost is known only later. Takes nothing.
    door door_of(http::exchange& ex) { return any() ? look_at_client(ex) : door::open; }

  private:
    bool any() const noexcept { return limits_ && limits_->any(); }
    bool take_client(http::exchange&, std::uint64_t cost);
    std::optional<http::refusal> take(http::exchange&, counted, std::string_view subject,
                                      std::uint64_t cost);
    item_standing take_item(http::exchange&, counted, std::string_view subject, const item_turn&);
    door look_at_client(http::exchange&);

    rate_limits* limits_;
    const std::size_t worker_;
    lease_desk* const desk_;
};

} // namespace latchkey::api
