#pragma once
// A request for the metrics, while another thread writes the page.

#include <latchkey/api/status_source.hpp>
#include <latchkey/http/exchange.hpp>

namespace latchkey::api {

class public_api;

/// Owned by its worker's public_api, lent to one exchange at a time.
class metrics_wait final : public http::pending, public metrics_request {
  public:
    explicit metrics_wait(public_api& api) : api_(api) {}

    void begin(http::exchange&);

  private:
    void written() noexcept override { asker_->resume(); }
    void finish(http::exchange&) override;

    public_api& api_;
    http::exchange* asker_ = nullptr;
};

} // namespace latchkey::api
