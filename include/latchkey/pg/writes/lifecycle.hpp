#pragma once
// auth::lifecycle_store, revocation_store, signing_key_store, device_store, key_import_store and
// role_store on PostgreSQL: the operator's writes, on a connection of their own, so that no look-up
// waits behind a slow write.

#include <latchkey/auth/api_key/import_store.hpp>
#include <latchkey/auth/audit/audit_store.hpp>
#include <latchkey/auth/credit/credit_store.hpp>
#include <latchkey/auth/device/device_store.hpp>
#include <latchkey/auth/role/role_store.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/auth/token/token_stores.hpp>
#include <latchkey/auth/usage/usage_report.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/pg/configuration.hpp>
#include <latchkey/pg/metrics.hpp>

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::pg {

class write_queue;
struct audit_cursor;
class identity_fence;

/// Lives on the control thread.
class lifecycle final : public auth::lifecycle_store,
                        public auth::revocation_store,
                        public auth::signing_key_store,
                        public auth::device_store,
                        public auth::audit_store,
                        public auth::key_import_store,
                        public auth::credit_store,
                        public auth::usage_store,
                        public auth::role_store {
  public:
    /// Configuration and fence must outlive it.
    lifecycle(boost::asio::io_context&, const configuration&, core::logger&,
              identity_fence* fence = nullptr);
    ~lifecycle() override;

    auth::operation<auth::organization> create_organization(auth::new_organization,
                                                            auth::operator_request&) override;
    auth::operation<core::real_time> create_api_key(auth::new_api_key,
                                                    auth::operator_request&) override;
    auth::operation<auth::revoked_api_key> revoke_api_key(auth::revocation_request,
                                                          auth::operator_request&) override;
    auth::operation<auth::key_standing> standing_of_key(std::string key_id) override;
    auth::operation<auth::rotated_api_key> rotate_api_key(auth::key_rotation,
                                                          auth::operator_request& by) override;
    auth::operation<auth::rotated_api_key>
    finish_key_rotation(std::string key_id, std::optional<std::string> only_organization,
                        auth::operator_request& by) override;
    auth::operation<auth::device>
    finish_device_rotation(std::string device_id, std::optional<std::string> only_organization,
                           auth::operator_request& by) override;
    auth::operation<auth::found_page<auth::organization>>
        list_organizations(auth::object_page) override;
    auth::operation<auth::organization>
    show_organization(std::string organization_id,
                      std::optional<std::string> only_organization) override;
    auth::operation<auth::organization> change_organization(auth::organization_change,
                                                            auth::operator_request&) override;
    auth::operation<auth::found_page<auth::stored_api_key>>
        list_api_keys(auth::api_key_page) override;
    auth::operation<auth::stored_api_key>
    show_api_key(std::string key_id, std::optional<std::string> only_organization) override;
    auth::operation<auth::stored_api_key> change_api_key(auth::api_key_change,
                                                         auth::operator_request&) override;
    auth::operation<std::vector<auth::node_entry>> list_nodes() override;

    auth::operation<auth::stored_revocation> create_revocation(auth::revocation,
                                                               std::optional<std::string> reason,
                                                               auth::operator_request&) override;
    auth::operation<std::vector<auth::stored_revocation>>
        list_revocations(auth::revocation_page) override;
    auth::operation<auth::found_page<auth::stored_revocation>>
        list_own_revocations(auth::revocation_page, auth::revocation_reach) override;
    auth::operation<auth::stored_revocation>
    delete_revocation(std::string id, std::optional<auth::revocation_reach> only,
                      auth::operator_request&) override;
    auth::operation<auth::name_lookup> find_organization(std::string given) override;
    auth::operation<auth::name_lookup> find_credential(std::string given) override;

    auth::operation<std::vector<auth::signing_key>> list_signing_keys() override;
    auth::operation<bool> add_first_signing_key(auth::new_signing_key,
                                                auth::operator_request&) override;
    auth::operation<bool> add_next_signing_key(auth::new_signing_key, core::real_time activates_at,
                                               auth::operator_request&) override;
    auth::operation<bool> promote_signing_key(std::string key_id, core::seconds publish_ahead,
                                              auth::operator_request&) override;
    auth::operation<bool> retire_signing_key(std::string key_id, core::seconds retire_after,
                                             auth::operator_request&) override;
    auth::operation<bool> rotate_signing_key(auth::new_signing_key, bool at_once,
                                             core::seconds publish_ahead,
                                             auth::operator_request&) override;

    auth::operation<core::real_time> register_device(auth::new_device,
                                                     auth::operator_request&) override;
    auth::operation<auth::found_page<auth::device>> list_devices(auth::object_page) override;
    auth::operation<auth::device>
    show_device(std::string device_id, std::optional<std::string> only_organization) override;
    auth::operation<auth::device> change_device(auth::device_change,
                                                auth::operator_request&) override;
    auth::operation<auth::device> rotate_device(auth::device_rotation,
                                                auth::operator_request&) override;
    auth::operation<auth::device> revoke_device(std::string device_id,
                                                std::optional<std::string> reason,
                                                std::optional<std::string> only_organization,
                                                auth::operator_request&) override;
    auth::operation<auth::imported_devices> import_devices(std::vector<auth::new_device>,
                                                           auth::operator_request&) override;
    auth::operation<std::vector<auth::stored_device>> export_devices(auth::object_page) override;
    auth::operation<auth::bare_secret_counts> count_bare_secrets() override;
    auth::operation<std::vector<auth::legacy_device>>
        legacy_device_page(auth::device_page) override;
    auth::operation<bool> rehash_device(auth::device_rehash, auth::operator_request&) override;

    auth::operation<auth::audit_page> list_audit_events(auth::audit_query) override;
    auth::operation<std::string> record_act(auth::audit_act, auth::operator_request&) override;

    auth::operation<std::vector<auth::imported_key>>
    import_api_keys(std::vector<auth::key_by_hash>, bool dry_run, auth::operator_request&) override;
    auth::operation<std::vector<auth::key_by_hash>> export_api_keys(auth::key_page) override;
    auth::operation<std::vector<auth::adopted_key>>
    adopt_api_keys(auth::key_page, bool dry_run, auth::operator_request&) override;

    auth::operation<auth::credit_account> show_credits(auth::credit_holder) override;
    auth::operation<auth::credit_account> set_credits(auth::credit_change,
                                                      auth::operator_request&) override;
    auth::operation<auth::credit_account> add_credits(auth::credit_holder, std::int64_t amount,
                                                      auth::operator_request&) override;
    auth::operation<auth::credit_account> remove_credits(auth::credit_holder,
                                                         auth::operator_request&) override;
    auth::operation<auth::found_page<auth::credit_account>>
        list_credits(auth::api_key_page) override;
    auth::operation<auth::found_page<auth::usage_row>> list_usage(auth::usage_page) override;
    auth::operation<auth::role> create_role(auth::new_role, auth::operator_request&) override;
    auth::operation<auth::found_page<auth::role>> list_roles(auth::object_page) override;
    auth::operation<auth::role> show_role(std::string role_id,
                                          std::optional<std::string> only_organization) override;
    auth::operation<auth::role> change_role(auth::role_change, auth::operator_request&) override;
    auth::operation<auth::role> delete_role(std::string role_id,
                                            std::optional<std::string> only_organization,
                                            auth::operator_request&) override;
    auth::operation<auth::role_grant> grant_role(auth::role_holding,
                                                 auth::operator_request&) override;
    auth::operation<auth::role_grant> ungrant_role(auth::role_holding,
                                                   auth::operator_request&) override;
    auth::operation<auth::found_page<auth::granted_holder>>
    list_role_grants(std::string role_id, std::optional<std::string> only_organization,
                     auth::object_page) override;

    /// Fails waiting writes and closes the connection.
    void stop();
    /// Call it when the settings may have changed: the connection then follows database.uri.
    void heed_settings();
    void collect(core::metric_sink&) const;

  private:
    auth::operation<auth::audit_page> first_audit_events(const auth::audit_query&,
                                                         const audit_cursor&);

    metrics metrics_;
    const bool write_back_;
    std::shared_ptr<write_queue> writer_;
};

} // namespace latchkey::pg
