#pragma once

#include <latchkey/core/clock.hpp>
#include <latchkey/pg/migrate/migrations.hpp>

#include <string>

namespace latchkey::server {

/// Returns "migration 0012 (what is there): 120 of 2000 (6 %), about 5 min left". There is no
/// estimate in the first second.
std::string progress_text(const pg::migration_progress&, core::milliseconds elapsed);

/// Returns "5 s", "12 min" or "3 h"; at least "1 s".
std::string time_text(core::milliseconds);

} // namespace latchkey::server
