#pragma once
// auth::lifecycle_store on PostgreSQL: the operator's changes, on a connection of their own, so
// that a slow write never stands before a look-up.

#include <latchkey/auth/store.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

/// Lives on the control thread.
class lifecycle final : public auth::lifecycle_store {
  public:
    static constexpr std::size_t waiting_max = 256;

    lifecycle(boost::asio::io_context&, const configuration&, core::logger&);
    ~lifecycle() override;

    void create_organization(auth::new_organization, completion<auth::organization>) override;
    void create_api_key(auth::new_api_key, completion<core::real_time>) override;
    void revoke_api_key(auth::revocation_request, completion<auth::revoked_api_key>) override;
    void list_nodes(completion<std::vector<auth::node_state>>) override;

    /// Fails what waits and closes the connection.
    void stop();
    void collect(core::metric_sink&) const;

  private:
    class writer;
    metrics metrics_;
    std::shared_ptr<writer> writer_;
};

} // namespace latchkey::pg
