#include "server/process/cores.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace latchkey::server;

namespace {

using files = std::map<std::string, std::string>;

std::optional<double> quota_of(const files& all) {
    return cores_of_quota([&](const std::string& path) -> std::optional<std::string> {
        const auto found = all.find(path);
        return found == all.end() ? std::nullopt : std::optional(found->second);
    });
}

const std::string version_2_mount =
    "22 1 0:20 / /proc rw - proc proc rw\n"
    "30 22 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
const std::string version_1_mounts =
    "31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 30 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

} // namespace

BOOST_AUTO_TEST_SUITE(cores)

BOOST_AUTO_TEST_CASE(what_the_groups_grant) {
    const std::string v2 = "/sys/fs/cgroup";
    const std::string v1 = "/sys/fs/cgroup/cpu,cpuacct";
    struct {
        const char* what;
        files all;
        double cores; ///< 0: no bound
    } const cases[] = {
        {"nothing can be read", {}, 0},
        {"no quota",
         {{"/proc/self/cgroup", "0::/a\n"},
          {"/proc/self/mountinfo", version_2_mount},
          {v2 + "/a/cpu.max", "max 100000\n"}},
         0},
        {"two cores and a half",
         {{"/proc/self/cgroup", "0::/system.slice/latchkey.service\n"},
          {"/proc/self/mountinfo", version_2_mount},
          {v2 + "/system.slice/latchkey.service/cpu.max", "250000 100000\n"}},
         2.5},
        {"the group around it has less",
         {{"/proc/self/cgroup", "0::/a/b/c\n"},
          {"/proc/self/mountinfo", version_2_mount},
          {v2 + "/a/cpu.max", "150000 100000\n"},
          {v2 + "/a/b/cpu.max", "max 100000\n"},
          {v2 + "/a/b/c/cpu.max", "400000 100000\n"}},
         1.5},
        {"a container that sees itself as the top",
         {{"/proc/self/cgroup", "0::/\n"},
          {"/proc/self/mountinfo", version_2_mount},
          {v2 + "/cpu.max", "50000 100000\n"}},
         0.5},
        {"a container that sees where it is",
         {{"/proc/self/cgroup", "0::/docker/abc\n"},
          {"/proc/self/mountinfo", "30 22 0:27 /docker/abc /sys/fs/cgroup ro - cgroup2 none rw\n"},
          {v2 + "/cpu.max", "300000 100000\n"}},
         3},
        {"and of whose group its own is the beginning",
         {{"/proc/self/cgroup", "0::/docker/abcdef\n"},
          {"/proc/self/mountinfo", "30 22 0:27 /docker/abc /sys/fs/cgroup ro - cgroup2 none rw\n"},
          {v2 + "/cpu.max", "300000 100000\n"},
          {v2 + "def/cpu.max", "100000 100000\n"}},
         3},
        {"version 1",
         {{"/proc/self/cgroup", "4:memory:/m\n3:cpu,cpuacct:/a/b\n0::/\n"},
          {"/proc/self/mountinfo", version_1_mounts},
          {v1 + "/a/cpu.cfs_quota_us", "200000\n"},
          {v1 + "/a/cpu.cfs_period_us", "100000\n"},
          {v1 + "/a/b/cpu.cfs_quota_us", "-1\n"},
          {v1 + "/a/b/cpu.cfs_period_us", "100000\n"},
          {"/sys/fs/cgroup/memory/m/cpu.cfs_quota_us", "1000\n"},
          {"/sys/fs/cgroup/memory/m/cpu.cfs_period_us", "100000\n"}},
         2},
        {"both versions side by side",
         {{"/proc/self/cgroup", "3:cpu,cpuacct:/a\n0::/b\n"},
          {"/proc/self/mountinfo", version_1_mounts + version_2_mount},
          {v1 + "/a/cpu.cfs_quota_us", "400000\n"},
          {v1 + "/a/cpu.cfs_period_us", "100000\n"},
          {v2 + "/b/cpu.max", "100000 50000\n"}},
         2},
        {"what is no number is no bound",
         {{"/proc/self/cgroup", "0::/a\nnonsense\n::\n0::\n"},
          {"/proc/self/mountinfo", "nonsense\n - \n" + version_2_mount},
          {v2 + "/a/cpu.max", "many 100000\n"},
          {v2 + "/cpu.max", "100000\n"}},
         0},
        {"nor is one of nothing",
         {{"/proc/self/cgroup", "0::/a\n"},
          {"/proc/self/mountinfo", version_2_mount},
          {v2 + "/a/cpu.max", "100000 0\n"},
          {v2 + "/cpu.max", "0 100000\n"}},
         0},
        {"not mounted", {{"/proc/self/cgroup", "0::/a\n"}, {"/proc/self/mountinfo", ""}}, 0},
    };
    for (const auto& c : cases)
        BOOST_TEST(quota_of(c.all).value_or(0) == c.cores, c.what);
}

BOOST_AUTO_TEST_CASE(how_many_may_be_used) {
    BOOST_TEST(cores_within(8, 16, std::nullopt) == 8u);
    BOOST_TEST(cores_within(0, 16, std::nullopt) == 16u);
    BOOST_TEST(cores_within(0, 0, std::nullopt) == 1u);
    BOOST_TEST(cores_within(8, 16, 3.0) == 3u);
    BOOST_TEST(cores_within(8, 16, 2.5) == 2u);
    BOOST_TEST(cores_within(8, 16, 1.0) == 1u);
    BOOST_TEST(cores_within(8, 16, 0.25) == 1u);
    BOOST_TEST(cores_within(2, 16, 1e18) == 2u);
}

BOOST_AUTO_TEST_CASE(this_process_has_some) {
    BOOST_TEST(usable_cores() >= 1u);
}

BOOST_AUTO_TEST_SUITE_END()
