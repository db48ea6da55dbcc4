#pragma once
// auth::use_store on PostgreSQL. It opens a connection of its own when there is something to write,
// so that no look-up and no operator waits behind it. Its transactions do not wait for the disk: a
// crash of the database may lose the last moments.

#include <latchkey/auth/usage/use_store.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

class write_queue;
class identity_fence;

/// Lives on the control thread. Once sent, a write ends within `database.write_timeout`;
/// `connect_timeout` bounds the wait before that.
class use_writer final : public auth::use_store {
  public:
    /// Configuration and fence must outlive it.
    use_writer(boost::asio::io_context&, const configuration&, core::logger&,
               identity_fence* fence = nullptr);
    ~use_writer() override;

    auth::operation<bool> write_uses(std::vector<auth::credential_use>) override;

    /// Fails waiting writes and closes the connection.
    void stop();
    /// Call it when the settings may have changed: the connection then follows database.uri.
    void heed_settings();
    void collect(core::metric_sink&) const;

  private:
    metrics metrics_;
    std::shared_ptr<write_queue> writer_;
};

} // namespace latchkey::pg
