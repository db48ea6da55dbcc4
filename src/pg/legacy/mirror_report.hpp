#pragma once
// Reports elements of public.organizations.api_keys that were not taken as they stand. Blocks.

#include "pg/connection/blocking.hpp"

#include <latchkey/core/result.hpp>

#include <functional>
#include <string_view>

namespace latchkey::pg {

/// Retries elements that were skipped or disabled, since the cause may have been repaired
/// elsewhere. Then says each finding that is left, with its organization, place and reason, and
/// their counts. Says nothing if there is none, or no table for them yet.
core::result<void> report_mirror(PGconn&, const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg
