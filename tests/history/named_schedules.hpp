#pragma once
// Events of the database that broke the promise once, and each fault alone.

#include "schedule.hpp"

#include <optional>
#include <string_view>

namespace latchkey::history {

const std::vector<schedule>& named_schedules();
std::optional<schedule> schedule_named(std::string_view name);

} // namespace latchkey::history
