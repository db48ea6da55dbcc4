#pragma once
// auth::lifecycle_store, revocation_store and signing_key_store on PostgreSQL: the operator's
// changes, on a connection of their own, so that a slow write never stands before a look-up.

#include <latchkey/auth/store.hpp>
#include <latchkey/auth/token_stores.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

/// Lives on the control thread.
class lifecycle final : public auth::lifecycle_store,
                        public auth::revocation_store,
                        public auth::signing_key_store {
  public:
    template <class T>
    using completion = auth::lifecycle_store::completion<T>;
    static constexpr std::size_t waiting_max = 256;

    lifecycle(boost::asio::io_context&, const configuration&, core::logger&);
    ~lifecycle() override;

    void create_organization(auth::new_organization, completion<auth::organization>) override;
    void create_api_key(auth::new_api_key, completion<core::real_time>) override;
    void revoke_api_key(auth::revocation_request, completion<auth::revoked_api_key>) override;
    void list_nodes(completion<std::vector<auth::node_state>>) override;

    void create_revocation(auth::revocation, std::optional<std::string> reason,
                           completion<auth::stored_revocation>) override;
    void list_revocations(auth::revocation_page,
                          completion<std::vector<auth::stored_revocation>>) override;
    void delete_revocation(std::string id, completion<auth::stored_revocation>) override;

    void list_signing_keys(completion<std::vector<auth::signing_key>>) override;
    void add_first_signing_key(auth::new_signing_key, completion<bool>) override;
    void add_next_signing_key(auth::new_signing_key, core::real_time activates_at,
                              completion<bool>) override;
    void promote_signing_key(std::string key_id, core::seconds publish_ahead,
                             completion<bool>) override;
    void retire_signing_key(std::string key_id, core::seconds retire_after,
                            completion<bool>) override;
    void rotate_signing_key(auth::new_signing_key, bool at_once, core::seconds publish_ahead,
                            completion<bool>) override;

    /// Fails what waits and closes the connection.
    void stop();
    void collect(core::metric_sink&) const;

  private:
    class writer;
    metrics metrics_;
    std::shared_ptr<writer> writer_;
};

} // namespace latchkey::pg
