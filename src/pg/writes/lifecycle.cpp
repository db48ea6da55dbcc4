#include <latchkey/pg/writes/lifecycle.hpp>

#include "pg/connection/random_uuid.hpp"
#include "pg/lookup/device_statements.hpp"
#include "pg/statements.hpp"
#include "pg/writes/device_writes.hpp"
#include "pg/writes/name_lookups.hpp"
#include "pg/writes/name_statements.hpp"
#include "pg/writes/operator_writes.hpp"
#include "pg/writes/revocation_writes.hpp"
#include "pg/writes/signing_key_writes.hpp"
#include "pg/writes/token_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <array>

namespace latchkey::pg {

namespace {

constexpr std::array write_statements = {
    statements::create_organization, statements::create_api_key,     statements::revoke_api_key,
    statements::list_nodes,          statements::create_revocation,  statements::list_revocations,
    statements::delete_revocation,   statements::list_signing_keys,  statements::add_signing_key,
    statements::promote_signing_key, statements::retire_signing_key, statements::rotate_signing_key,
    statements::import_devices,      statements::list_devices,       statements::show_device,
    statements::rotate_device,       statements::revoke_device,      statements::legacy_devices,
    statements::rehash_device,       statements::find_organization,  statements::find_credential,
    statements::count_bare_secrets,  statements::revoke_writing_back};

} // namespace

lifecycle::lifecycle(boost::asio::io_context& loop, const configuration& settings,
                     core::logger& log, identity_fence* fence)
    : write_back_(settings.write_back),
      writer_(
          std::make_shared<write_queue>(loop, settings, write_statements, log, metrics_, fence)) {}

lifecycle::~lifecycle() {
    writer_->stop();
}

void lifecycle::create_organization(auth::new_organization asked,
                                    completion<auth::organization> done) {
    if (!asked.organization_id) {
        auto id = random_uuid();
        if (!id) return done(id.error());
        asked.organization_id = std::move(*id);
    }
    writer_->add(make_create_organization(std::move(asked), std::move(done)));
}

void lifecycle::create_api_key(auth::new_api_key key, completion<core::real_time> done) {
    writer_->add(make_create_api_key(std::move(key), std::move(done)));
}

void lifecycle::revoke_api_key(auth::revocation_request asked,
                               completion<auth::revoked_api_key> done) {
    writer_->add(make_revoke_api_key(std::move(asked), write_back_, std::move(done)));
}

void lifecycle::list_nodes(completion<std::vector<auth::node_entry>> done) {
    writer_->add(make_list_nodes(std::move(done)));
}

void lifecycle::create_revocation(auth::revocation asked, std::optional<std::string> reason,
                                  completion<auth::stored_revocation> done) {
    writer_->add(make_create_revocation(std::move(asked), std::move(reason), std::move(done)));
}

void lifecycle::list_revocations(auth::revocation_page page,
                                 completion<std::vector<auth::stored_revocation>> done) {
    const auto after = page.after ? revocation_id(*page.after) : 0;
    if (!after)
        return done(core::failure{core::failure_kind::invalid,
                                  '"' + *page.after + "\" is no revocation's id"});
    writer_->add(make_list_revocations(*after, page.limit, std::move(done)));
}

void lifecycle::delete_revocation(std::string id, completion<auth::stored_revocation> done) {
    const auto number = revocation_id(id);
    if (!number) return done(no_such_revocation(id));
    writer_->add(make_delete_revocation(*number, std::move(done)));
}

void lifecycle::find_organization(std::string given, completion<auth::name_lookup> done) {
    writer_->add(make_find_organization(std::move(given), std::move(done)));
}

void lifecycle::find_credential(std::string given, completion<auth::name_lookup> done) {
    writer_->add(make_find_credential(std::move(given), std::move(done)));
}

void lifecycle::list_signing_keys(completion<std::vector<auth::signing_key>> done) {
    writer_->add(make_list_signing_keys(std::move(done)));
}

void lifecycle::add_first_signing_key(auth::new_signing_key key, completion<bool> done) {
    writer_->add(make_add_signing_key(std::move(key), std::nullopt, std::move(done)));
}

void lifecycle::add_next_signing_key(auth::new_signing_key key, core::real_time activates_at,
                                     completion<bool> done) {
    writer_->add(make_add_signing_key(std::move(key), activates_at, std::move(done)));
}

void lifecycle::promote_signing_key(std::string key_id, core::seconds publish_ahead,
                                    completion<bool> done) {
    writer_->add(make_promote_signing_key(std::move(key_id), publish_ahead, std::move(done)));
}

void lifecycle::retire_signing_key(std::string key_id, core::seconds retire_after,
                                   completion<bool> done) {
    writer_->add(make_retire_signing_key(std::move(key_id), retire_after, std::move(done)));
}

void lifecycle::rotate_signing_key(auth::new_signing_key key, bool at_once,
                                   core::seconds publish_ahead, completion<bool> done) {
    writer_->add(make_rotate_signing_key(std::move(key), at_once, publish_ahead, std::move(done)));
}

void lifecycle::register_device(auth::new_device device, completion<core::real_time> done) {
    writer_->add(make_register_device(std::move(device), std::move(done)));
}

void lifecycle::list_devices(auth::device_page page, completion<std::vector<auth::device>> done) {
    writer_->add(make_list_devices(std::move(page), std::move(done)));
}

void lifecycle::show_device(std::string device_id, completion<auth::device> done) {
    writer_->add(make_show_device(std::move(device_id), std::move(done)));
}

void lifecycle::rotate_device(auth::device_rotation asked, completion<auth::device> done) {
    writer_->add(make_rotate_device(std::move(asked), std::move(done)));
}

void lifecycle::revoke_device(std::string device_id, std::optional<std::string> reason,
                              completion<auth::device> done) {
    writer_->add(make_revoke_device(std::move(device_id), std::move(reason), std::move(done)));
}

void lifecycle::import_devices(std::vector<auth::new_device> devices,
                               completion<auth::imported_devices> done) {
    writer_->add(make_import_devices(std::move(devices), std::move(done)));
}

void lifecycle::count_bare_secrets(completion<auth::bare_secret_counts> done) {
    writer_->add(make_count_bare_secrets(std::move(done)));
}

void lifecycle::legacy_device_page(auth::device_page page,
                                   completion<std::vector<auth::legacy_device>> done) {
    writer_->add(make_legacy_device_page(std::move(page), std::move(done)));
}

void lifecycle::rehash_device(auth::device_rehash asked, completion<bool> done) {
    writer_->add(make_rehash_device(std::move(asked), std::move(done)));
}

void lifecycle::stop() {
    writer_->stop();
}
void lifecycle::collect(core::metric_sink& sink) const {
    metrics_.collect(sink);
}

} // namespace latchkey::pg
