#pragma once
// The operator's writes of revocations as queries.

#include "pg/writes/operator_writes.hpp"

#include <latchkey/auth/token/token_stores.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pg {

/// Parses a revocation's id as it is shown; returns nullopt if no such id can exist.
std::optional<std::int64_t> revocation_id(std::string_view text);

std::unique_ptr<operator_write>
make_create_revocation(auth::revocation, std::optional<std::string> reason,
                       auth::revocation_store::completion<auth::stored_revocation>);
/// Lists revocations with ids above `after`.
std::unique_ptr<operator_write>
make_list_revocations(std::int64_t after, std::size_t limit,
                      auth::revocation_store::completion<std::vector<auth::stored_revocation>>);
std::unique_ptr<operator_write>
make_delete_revocation(std::int64_t id,
                       auth::revocation_store::completion<auth::stored_revocation>);

/// Returns a failure of kind `not_found`.
core::failure no_such_revocation(std::string_view id);

} // namespace latchkey::pg
