#pragma once
// Questions that carry a receipt (X-Latchkey-Receipt): whoever asks knows of a change, and must not
// be answered from before it. The question waits until this process has applied the change.
//   400 the receipt is none of ours
//   503 the change has not come within auth.receipt_wait_max, or too many wait

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/receipt/applied_changes.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/object_pool.hpp>
#include <latchkey/http/exchange.hpp>

#include <cstddef>
#include <functional>
#include <vector>

namespace latchkey::api {

class public_api;

/// One question that waits. Lent to one exchange at a time.
class receipt_wait final : public http::pending {
  public:
    explicit receipt_wait(public_api& api) : api_(api) {}

    http::exchange* asker = nullptr;
    std::vector<auth::receipt> receipts;
    core::steady_time deadline{};
    bool is_in_time = false;

  private:
    void finish(http::exchange&) override;

    public_api& api_;
};

/// One per worker, used on its thread.
class receipt_desk final : private auth::applied_watcher {
  public:
    static constexpr std::size_t receipts_max = 8; ///< that one question may carry

    receipt_desk(public_api&, auth::applied_changes&, std::function<core::mailbox&()> own_box,
                 const auth::configuration&);
    void configure(const auth::configuration& limits) { limits_ = limits; }

    /// Returns true if the question may be answered now. Otherwise it waits, or is refused.
    bool admit(http::exchange&, core::steady_time now);
    /// Call it now and then: refuses those that have waited for too long.
    void tick(core::steady_time now);
    std::size_t waiting() const noexcept { return waiting_.size(); }

    core::object_pool<receipt_wait, public_api> waits;

  private:
    void arrived() noexcept override;
    void park(http::exchange&, std::vector<auth::receipt>, core::steady_time now);
    /// Wakes those whose changes have come, and those whose time is over.
    void look(core::steady_time now);

    auth::applied_changes& applied_;
    auth::configuration limits_;
    std::vector<receipt_wait*> waiting_;
    bool wants_news_ = false;
};

} // namespace latchkey::api
