// What many revocations of tokens cost: memory, and time for each verification.
//
//   revocation_cost COUNT    lines of "bytes PER_REVOCATION", "build NS", and, five times,
//                            "check NS_EMPTY NS_FULL": a token's ids asked for in an empty set and
//                            in one of COUNT
//
// Each token has its own ids, none of them revoked: token, subject, organization and credential.
#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/auth/token/token_claims.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

using namespace latchkey;

namespace {

constexpr std::size_t tokens = 1 << 17; // more than the processor's cache holds
constexpr std::size_t rounds = 20;

std::size_t resident_bytes() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

void fill(auth::revocation_set& set, std::size_t count) {
    const auto now = std::chrono::system_clock::now();
    for (std::size_t i = 0; i < count; ++i)
        set.apply({{auth::revocation_kind::token,
                    "https://issuer.example",
                    "b7c1d2e3-" + std::to_string(i),
                    {},
                    now + std::chrono::hours(1),
                    now},
                   false});
}

std::vector<auth::revocation_keys> ask_for(const auth::revocation_set& set) {
    std::vector<auth::revocation_keys> all;
    for (std::size_t i = 0; i < tokens; ++i) {
        auth::token_claims claims;
        claims.issuer = "https://issuer.example";
        claims.token_id = "token-" + std::to_string(i);
        claims.subject = "subject-" + std::to_string(i);
        claims.organization_id = "organization-" + std::to_string(i % 1000);
        claims.made_from = auth::credential_kind::api_key;
        all.push_back(set.keys_of(claims, true));
    }
    return all;
}

// Nanoseconds of CPU time for one token.
double measure(core::epochs& readers, const auth::revocation_set& set,
               const std::vector<auth::revocation_keys>& asked) {
    const auto issued = std::optional(std::chrono::system_clock::now());
    std::size_t bad = 0;
    const auto begun = cpu_ns();
    for (std::size_t round = 0; round < rounds; ++round)
        for (const auto& keys : asked) {
            const core::epochs::reader::pin pinned(readers.at(0));
            bad +=
                set.check(keys, issued, core::seconds(30), *issued) != auth::token_standing::good;
        }
    const auto took = cpu_ns() - begun;
    if (bad != 0) std::exit(1);
    return took / static_cast<double>(rounds * asked.size());
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 64;
    const auto count = std::strtoul(argv[1], nullptr, 10);
    core::epochs readers(1);
    const auth::revocation_set empty(readers, 7, 1000, core::seconds(3600));
    auth::revocation_set full(readers, 7, 2 * count, core::seconds(3600));
    const auto before = resident_bytes();
    const auto begun = cpu_ns();
    fill(full, count);
    const auto took = cpu_ns() - begun;
    full.prune(std::chrono::system_clock::now()); // frees the tables that were outgrown
    std::printf("bytes %.1f %.1f\n",
                static_cast<double>(resident_bytes() - before) / static_cast<double>(count),
                static_cast<double>(full.bytes.value()) / static_cast<double>(count));
    std::printf("build %.1f\n", took / static_cast<double>(count));
    const auto asked = ask_for(full);
    for (int i = 0; i < 5; ++i)
        std::printf("check %.1f %.1f\n", measure(readers, empty, asked),
                    measure(readers, full, asked));
    return 0;
}
