#pragma once
// One schedule, from the copied clusters to the verdict.

#include "base.hpp"
#include "judge.hpp"
#include "schedule.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace latchkey::history {

rules rules_of(const schedule&);

/// Writes the schedule, the figures, and each kind of violation with what surrounds it; `replay` is
/// the command that does it again. True when nothing was wrong. `folder`: of its own, empty.
bool run(const schedule&, std::uint64_t seed, const base&, const std::string& folder,
         const std::string& replay, std::ostream& out);

} // namespace latchkey::history
