#pragma once
// How many cores this process may use: the kernel hands out no more, however many there are.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::server {

/// A small file's content; nothing: it cannot be read.
using file_reader = std::function<std::optional<std::string>(const std::string& path)>;

/// Cores' worth of time that the cgroups of this process grant, its own and those around it: the
/// least of cpu.max (version 2) or of cpu.cfs_quota_us by cpu.cfs_period_us (version 1). Nothing:
/// they set no bound, or none that can be read. Reads /proc/self/cgroup, /proc/self/mountinfo and
/// what these name.
std::optional<double> cores_of_quota(const file_reader&);

/// Pure: those that the affinity leaves (0: not known, then of `online`), and no more than the
/// quota has whole ones, as a thread that has used up the quota's time stands still for the rest of
/// its period. At least one.
std::size_t cores_within(std::size_t affinity, std::size_t online, std::optional<double> quota);

/// Of this process, now.
std::size_t usable_cores();

} // namespace latchkey::server
