#pragma once
// What the mirror of public.organizations.api_keys could not take as it stands. Blocking calls.

#include "pg/connection/blocking.hpp"

#include <latchkey/core/result.hpp>

#include <functional>
#include <string_view>

namespace latchkey::pg {

/// Tries again what was skipped or disabled, since the cause may have been mended elsewhere. Then
/// says each finding that is left, with its organization, its place and the reason, and their
/// counts. Says nothing where there is none, or no table for them yet.
core::result<void> report_mirror(PGconn&, const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg
