#include <latchkey/pg/writes/lifecycle.hpp>

#include "pg/statements.hpp"
#include "pg/writes/audit_statements.hpp"
#include "pg/writes/credit_statements.hpp"
#include "pg/writes/device_object_statements.hpp"
#include "pg/writes/import_statements.hpp"
#include "pg/writes/name_statements.hpp"
#include "pg/writes/object_statements.hpp"
#include "pg/writes/role_statements.hpp"
#include "pg/writes/rotation_statements.hpp"
#include "pg/writes/token_statements.hpp"
#include "pg/writes/write_queue.hpp"
#include "pg/writes/write_terms.hpp"

#include <array>

namespace latchkey::pg {

namespace {

constexpr std::array write_statements = {statements::create_organization,
                                         statements::create_api_key,
                                         statements::revoke_api_key,
                                         statements::list_nodes,
                                         statements::create_revocation,
                                         statements::list_revocations,
                                         statements::delete_revocation,
                                         statements::list_signing_keys,
                                         statements::add_signing_key,
                                         statements::promote_signing_key,
                                         statements::retire_signing_key,
                                         statements::rotate_signing_key,
                                         statements::import_devices,
                                         statements::change_device,
                                         statements::show_device,
                                         statements::rotate_device,
                                         statements::revoke_device,
                                         statements::legacy_devices,
                                         statements::rehash_device,
                                         statements::find_organization,
                                         statements::find_credential,
                                         statements::count_bare_secrets,
                                         statements::revoke_writing_back,
                                         statements::write_terms,
                                         statements::write_terms_with_claim,
                                         statements::show_organization,
                                         statements::change_organization,
                                         statements::show_api_key,
                                         statements::change_api_key,
                                         statements::rotate_api_key,
                                         statements::finish_key_rotation,
                                         statements::finish_device_rotation,
                                         statements::import_api_keys,
                                         statements::export_api_keys,
                                         statements::adopt_api_keys,
                                         statements::standing_of_key,
                                         statements::show_credits,
                                         statements::set_credits,
                                         statements::add_credits,
                                         statements::remove_credits,
                                         statements::create_role,
                                         statements::show_role,
                                         statements::change_role,
                                         statements::delete_role,
                                         statements::grant_role,
                                         statements::ungrant_role};
// Lists are not prepared, so that each is planned for its values: which index serves it best
// depends on the organization.

} // namespace

lifecycle::lifecycle(boost::asio::io_context& loop, const configuration& settings,
                     core::logger& log, identity_fence* fence)
    : write_back_(settings.write_back),
      writer_(
          std::make_shared<write_queue>(loop, settings, write_statements, log, metrics_, fence)) {}

lifecycle::~lifecycle() {
    writer_->stop();
}

void lifecycle::stop() {
    writer_->stop();
}
void lifecycle::heed_settings() {
    writer_->heed_settings();
}
void lifecycle::collect(core::metric_sink& sink) const {
    metrics_.collect(sink);
}

} // namespace latchkey::pg
