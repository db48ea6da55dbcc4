#pragma once
// Runs one schedule, from copying the clusters to the verdict.

#include "base.hpp"
#include "judge.hpp"
#include "schedule.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace latchkey::history {

rules rules_of(const schedule&);

/// Writes to `out` the schedule, the figures, and each kind of violation with its surroundings;
/// `replay` is the command that repeats the run. Returns true if nothing was wrong. `folder` must
/// be empty, and belongs to this run.
bool run(const schedule&, std::uint64_t seed, const base&, const std::string& folder,
         const std::string& replay, std::ostream& out);

} // namespace latchkey::history
