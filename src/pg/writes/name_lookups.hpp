#pragma once
// Look-ups of the names and ids that an operator gives, as queries.

#include "pg/writes/operator_writes.hpp"

#include <latchkey/auth/token/token_stores.hpp>

#include <memory>
#include <string>

namespace latchkey::pg {

std::unique_ptr<operator_write>
make_find_organization(std::string given, auth::revocation_store::completion<auth::name_lookup>);
std::unique_ptr<operator_write>
make_find_credential(std::string given, auth::revocation_store::completion<auth::name_lookup>);

} // namespace latchkey::pg
