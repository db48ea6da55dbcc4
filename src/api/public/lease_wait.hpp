#pragma once
// Requests that wait for the first lease of a limit that all nodes share. When it has come, they
// are handled from the start once more.

#include <latchkey/auth/limit/fleet_limits.hpp>
#include <latchkey/core/object_pool.hpp>
#include <latchkey/http/exchange.hpp>

namespace latchkey::api {

class public_api;

/// Owned by its worker's lease_desk, lent to one exchange at a time.
class lease_wait final : public http::pending, public core::lease_inquiry {
  public:
    explicit lease_wait(public_api& api) : api_(api) {}

    void begin(http::exchange&, const auth::lease_wanted&);

  private:
    void decided() noexcept override { asker_->resume(); }
    void finish(http::exchange&) override;
    std::string_view awaited() const noexcept override { return "await lease"; }

    public_api& api_;
    http::exchange* asker_ = nullptr;
};

/// Where a worker's requests wait.
class lease_desk {
  public:
    explicit lease_desk(public_api& api) : waits_(api) {}

    /// Has the exchange wait. Nothing may be answered, or waited for, after that.
    void begin(http::exchange& ex, const auth::lease_wanted& wanted) {
        waits_.take().begin(ex, wanted);
    }

  private:
    friend class lease_wait;
    core::object_pool<lease_wait, public_api> waits_;
};

} // namespace latchkey::api
