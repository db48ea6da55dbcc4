#pragma once
// auth::lease_store on PostgreSQL: of limits (schema/0026) or of credits (schema/0027). It opens a
// connection of its own when there is something to lease. Its transactions do not wait for the
// disk: after a crash of the database, nothing that was leased before counts there.

#include <latchkey/auth/limit/lease_store.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

class write_queue;
class identity_fence;

/// Lives on the control thread. Once sent, a request ends within `database.write_timeout`.
class lease_writer final : public auth::lease_store {
  public:
    enum class what { limits, credits };
    /// Configuration and fence must outlive it. `instance` names this process in
    /// latchkey.nodes.
    lease_writer(boost::asio::io_context&, const configuration&, core::logger&,
                 std::function<std::string()> instance, what, identity_fence* fence = nullptr);
    ~lease_writer() override;

    auth::operation<core::lease_answer> lease(const core::lease_request&) override;

    /// Fails waiting requests and closes the connection.
    void stop();
    /// Call it when the settings may have changed: the connection then follows database.uri.
    void heed_settings();
    void collect(core::metric_sink&) const;

  private:
    auth::operation<core::lease_answer> lease_limits(const core::lease_request&);
    auth::operation<core::lease_answer> lease_credits(const core::lease_request&);

    const what of_;
    const std::function<std::string()> instance_;
    metrics metrics_;
    std::shared_ptr<write_queue> writer_;
};

} // namespace latchkey::pg
