#pragma once
// Finds out how many cores this process may use, which may be fewer than the machine has.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::server {

/// Returns a small file's content, or nullopt if it cannot be read.
using file_reader = std::function<std::optional<std::string>(const std::string& path)>;

/// Returns the CPU time that this process's cgroup and the groups above it allow, in cores: the
/// least cpu.max (version 2) or cpu.cfs_quota_us divided by cpu.cfs_period_us (version 1). Returns
/// nullopt if there is no bound that can be read. Reads /proc/self/cgroup, /proc/self/mountinfo and
/// the files that these name.
std::optional<double> cores_of_quota(const file_reader&);

/// Returns the cores of the affinity (if that is 0, which means unknown, `online`), but at most the
/// whole cores of the quota, and at least one. Parts of a core do not count, because a process that
/// has used up its quota stands still for the rest of the period. Pure.
std::size_t cores_within(std::size_t affinity, std::size_t online, std::optional<double> quota);

/// Returns the cores that this process may use now.
std::size_t usable_cores();

} // namespace latchkey::server
