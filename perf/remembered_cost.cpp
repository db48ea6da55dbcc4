// What it costs to remember revocations for a database that may lose them: memory, and time on the
// thread that applies the feed.
//
//   remembered_cost COUNT    "bytes PER_REVOCATION", "note NS" for each, "withhold MS" for all when
//                            another database answers, and "withheld_bytes PER_REVOCATION" until it
//                            has judged them
//
// Each is a revocation of an API key with an id of the usual length. An hour of 1,000 a second is
// COUNT = 3600000.
#include <latchkey/auth/revocation/remembered_revocations.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

using namespace latchkey;

namespace {

double resident_bytes() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return static_cast<double>(resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

double ms_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

auth::revocation_change of_key(std::size_t number) {
    char id[32];
    std::snprintf(id, sizeof id, "key_%024zx", number * 0x9e3779b97f4a7c15);
    return {{auth::revocation_kind::credential,
             "",
             id,
             {},
             {},
             std::chrono::system_clock::now(),
             auth::credential_kind::api_key},
            false};
}

} // namespace

int main(int argc, char** argv) {
    const auto count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 3'600'000UL;
    const auto each = static_cast<double>(count);
    core::epochs readers(1);
    auth::revocation_set withheld(readers, 1, std::size_t{1} << 40, core::seconds(0));
    auth::remembered_revocations remembered(
        withheld, {std::chrono::hours(1), std::size_t{1} << 40, core::seconds(1)});
    remembered.in_era("one");

    const auto before = resident_bytes();
    auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < count; ++i)
        remembered.note({of_key(i)}, core::boot_time());
    std::printf("note %.0f\n", ms_since(start) * 1e6 / each);
    const auto after = resident_bytes();
    std::printf("bytes %.1f\n", (after - before) / each);

    start = std::chrono::steady_clock::now();
    remembered.database_changed();
    std::printf("withhold %.0f\n", ms_since(start));
    std::printf("withheld_bytes %.1f\n", (resident_bytes() - after) / each);
    return withheld.names(of_key(count - 1).what) ? 0 : 1;
}
