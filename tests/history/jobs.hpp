#pragma once
// Runs many schedules, several at a time, each in a process of its own.

#include <string>
#include <vector>

namespace latchkey::history {

/// Runs `program` with each of the tasks ("--seed 7"). Prints one line for each, and the whole
/// report of those that fail. Returns true if none failed.
bool run_jobs(const std::string& program, const std::string& base,
              const std::vector<std::string>& tasks, int at_a_time, const std::string& folder);

} // namespace latchkey::history
