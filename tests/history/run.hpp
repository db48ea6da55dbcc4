#pragma once
// Runs one schedule, from copying the clusters to the verdict.

#include "base.hpp"
#include "judge.hpp"
#include "schedule.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace latchkey::history {

/// How the line of a report begins that counts the revocations that all nodes had obeyed and the
/// database lost.
inline const std::string obeyed_and_lost_line = "  obeyed by all and lost: ";

rules rules_of(const schedule&);

/// Writes to `out` the schedule, the figures, and each kind of violation with its surroundings;
/// `replay` is the command that repeats the run. Returns true if nothing was wrong. `folder` must
/// be empty, and belongs to this run.
bool run(const schedule&, std::uint64_t seed, const base&, const std::string& folder,
         const std::string& replay, std::ostream& out);

} // namespace latchkey::history
