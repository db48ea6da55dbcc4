#pragma once
// auth::lifecycle_store, revocation_store, signing_key_store and device_store on PostgreSQL: the
// operator's writes, on a connection of their own, so that no look-up waits behind a slow write.

#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/auth/token/token_stores.hpp>
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

/// Lives on the control thread.
class lifecycle final : public auth::lifecycle_store,
                        public auth::revocation_store,
                        public auth::signing_key_store,
                        public auth::device_store {
  public:
    template <class T>
    using completion = auth::lifecycle_store::completion<T>;

    /// Configuration and fence must outlive it.
    lifecycle(boost::asio::io_context&, const configuration&, core::logger&,
              identity_fence* fence = nullptr);
    ~lifecycle() override;

    void create_organization(auth::new_organization, completion<auth::organization>) override;
    void create_api_key(auth::new_api_key, completion<core::real_time>) override;
    void revoke_api_key(auth::revocation_request, completion<auth::revoked_api_key>) override;
    void list_nodes(completion<std::vector<auth::node_entry>>) override;

    void create_revocation(auth::revocation, std::optional<std::string> reason,
                           completion<auth::stored_revocation>) override;
    void list_revocations(auth::revocation_page,
                          completion<std::vector<auth::stored_revocation>>) override;
    void delete_revocation(std::string id, completion<auth::stored_revocation>) override;
    void find_organization(std::string given, completion<auth::name_lookup>) override;
    void find_credential(std::string given, completion<auth::name_lookup>) override;

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

    void register_device(auth::new_device, completion<core::real_time>) override;
    void list_devices(auth::device_page, completion<std::vector<auth::device>>) override;
    void show_device(std::string device_id, completion<auth::device>) override;
    void rotate_device(auth::device_rotation, completion<auth::device>) override;
    void revoke_device(std::string device_id, std::optional<std::string> reason,
                       completion<auth::device>) override;
    void import_devices(std::vector<auth::new_device>, completion<auth::imported_devices>) override;
    void count_bare_secrets(completion<auth::bare_secret_counts>) override;
    void legacy_device_page(auth::device_page,
                            completion<std::vector<auth::legacy_device>>) override;
    void rehash_device(auth::device_rehash, completion<bool>) override;

    /// Fails waiting writes and closes the connection.
    void stop();
    void collect(core::metric_sink&) const;

  private:
    metrics metrics_;
    const bool write_back_;
    std::shared_ptr<write_queue> writer_;
};

} // namespace latchkey::pg
