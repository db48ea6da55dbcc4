#pragma once

#include <latchkey/pg/migrate/migration_plan.hpp>

#include <string>

namespace latchkey::server {

/// Returns the plan as lines for people: the notes, a line for each migration with steps to do, and
/// how long all of it takes.
std::string plan_text(const pg::migration_plan&);

/// {"migrations":…,"about_ms":…,"steps":[{"migration":…,"step":…,"what":…,"rows":…,
/// "rows_are_a_guess":false,"about_ms":…}],"notes":[…]}
std::string plan_json(const pg::migration_plan&);

} // namespace latchkey::server
