#pragma once
// The steps in a signing key's life as queries.

#include "pg/writes/operator_writes.hpp"

#include <latchkey/auth/token/token_stores.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

using signing_step_done = auth::signing_key_store::completion<bool>;

std::unique_ptr<operator_write>
    make_list_signing_keys(auth::signing_key_store::completion<std::vector<auth::signing_key>>);
/// Without `activates_at`, it is the first signing key.
std::unique_ptr<operator_write> make_add_signing_key(auth::new_signing_key,
                                                     std::optional<core::real_time> activates_at,
                                                     signing_step_done);
std::unique_ptr<operator_write>
make_promote_signing_key(std::string key_id, core::seconds publish_ahead, signing_step_done);
std::unique_ptr<operator_write>
make_retire_signing_key(std::string key_id, core::seconds retire_after, signing_step_done);
std::unique_ptr<operator_write> make_rotate_signing_key(auth::new_signing_key, bool at_once,
                                                        core::seconds publish_ahead,
                                                        signing_step_done);

} // namespace latchkey::pg
