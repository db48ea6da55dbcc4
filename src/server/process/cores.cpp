#include "server/process/cores.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace latchkey::server {

namespace {

std::string_view next_word(std::string_view& rest, char separator) {
    const auto at = rest.find(separator);
    const auto word = rest.substr(0, at);
    rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
    return word;
}

bool has_word(std::string_view list, std::string_view wanted) {
    while (!list.empty())
        if (next_word(list, ',') == wanted) return true;
    return false;
}

std::optional<double> number(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
        text.remove_suffix(1);
    long long n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return static_cast<double>(n);
}

std::optional<double> ratio(std::optional<double> quota, std::optional<double> period) {
    if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
    return *quota / *period;
}

std::optional<double> lesser(std::optional<double> a, std::optional<double> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

// A cgroup hierarchy: the group of this process in it (/proc/self/cgroup), and where it is mounted.
struct hierarchy {
    bool version_2 = false;
    std::string group;
    std::string root; ///< the group that the mount shows at its top
    std::string mount;
};

// Lines are ID:CONTROLLERS:PATH (cgroups(7)); in version 2, CONTROLLERS is empty.
std::vector<hierarchy> groups_in(std::string_view text) {
    std::vector<hierarchy> out;
    while (!text.empty()) {
        auto line = next_word(text, '\n');
        next_word(line, ':');
        const auto controllers = next_word(line, ':');
        if (!line.starts_with('/')) continue;
        if (controllers.empty() || has_word(controllers, "cpu"))
            out.push_back({controllers.empty(), std::string(line), {}, {}});
    }
    return out;
}

// Lines are ID PARENT DEVICE ROOT MOUNT OPTIONS [TAGS…] - TYPE SOURCE SUPER-OPTIONS (proc(5)).
void find_mount(hierarchy& of, std::string_view text) {
    while (!text.empty()) {
        auto line = next_word(text, '\n');
        const auto dash = line.find(" - ");
        if (dash == std::string_view::npos) continue;
        auto behind = line.substr(dash + 3);
        const auto type = next_word(behind, ' ');
        next_word(behind, ' ');
        if (type != (of.version_2 ? "cgroup2" : "cgroup")) continue;
        if (!of.version_2 && !has_word(behind, "cpu")) continue;
        for (int skipped = 0; skipped < 3; ++skipped)
            next_word(line, ' ');
        of.root = next_word(line, ' ');
        of.mount = next_word(line, ' ');
        return;
    }
}

std::optional<double> quota_of(const hierarchy& of, const std::string& folder,
                               const file_reader& read) {
    if (!of.version_2) {
        const auto quota = read(folder + "/cpu.cfs_quota_us"); // -1: no quota
        const auto period = read(folder + "/cpu.cfs_period_us");
        return quota && period ? ratio(number(*quota), number(*period)) : std::nullopt;
    }
    const auto both = read(folder + "/cpu.max"); // "max 100000": no quota
    if (!both) return std::nullopt;
    std::string_view rest = *both;
    const auto quota = next_word(rest, ' ');
    return ratio(number(quota), number(rest));
}

// Returns the least quota from the process's group up to the mount's top. Groups above the mount
// cannot be read.
std::optional<double> least_quota(const hierarchy& of, const file_reader& read) {
    if (of.mount.empty()) return std::nullopt;
    const auto root = of.root == "/" ? std::string() : of.root;
    auto below = of.group;
    const bool inside =
        below.starts_with(root) && (below.size() == root.size() || below[root.size()] == '/');
    below = inside ? below.substr(root.size()) : std::string();
    if (below == "/") below.clear();
    auto least = quota_of(of, of.mount, read);
    for (; !below.empty(); below.resize(below.rfind('/')))
        least = lesser(least, quota_of(of, of.mount + below, read));
    return least;
}

std::size_t cores_of_affinity() {
    // Some machines have more cores than the 1,024 of the usual set.
    for (std::size_t most = CPU_SETSIZE; most <= (1u << 20); most *= 2) {
        auto* set = CPU_ALLOC(most);
        if (!set) return 0;
        const bool fits = ::sched_getaffinity(0, CPU_ALLOC_SIZE(most), set) == 0;
        const int count = fits ? CPU_COUNT_S(CPU_ALLOC_SIZE(most), set) : 0;
        CPU_FREE(set);
        if (fits) return static_cast<std::size_t>(count);
    }
    return 0;
}

std::optional<std::string> read_file_at(const std::string& path) {
    std::ifstream file(path);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

std::optional<double> cores_of_quota(const file_reader& read) {
    const auto groups = read("/proc/self/cgroup");
    const auto mounts = read("/proc/self/mountinfo");
    if (!groups || !mounts) return std::nullopt;
    std::optional<double> least;
    for (auto& one : groups_in(*groups)) {
        find_mount(one, *mounts);
        least = lesser(least, least_quota(one, read));
    }
    return least;
}

std::size_t cores_within(std::size_t affinity, std::size_t online, std::optional<double> quota) {
    const auto cores = std::max<std::size_t>(1, affinity > 0 ? affinity : online);
    if (!quota || *quota >= static_cast<double>(cores)) return cores;
    return std::max<std::size_t>(1, static_cast<std::size_t>(*quota));
}

std::size_t usable_cores() {
    return cores_within(cores_of_affinity(), std::thread::hardware_concurrency(),
                        cores_of_quota(read_file_at));
}

} // namespace latchkey::server
