// Hit ratios of cache policies on traces.
//
//   hit_ratio TRACE...     one key per line; prints "TRACE SHARE POLICY HITS_IN_PERCENT" lines
#include "policies.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unordered_map>

namespace hit_ratio {

std::vector<contender> contenders() {
    return {{"ours", true, make_ours},           {"lru", true, make_lru},
            {"s3-fifo", true, make_s3_fifo},     {"sieve", true, make_sieve},
            {"w-tinylfu", true, make_w_tinylfu}, {"belady", false, make_belady}};
}

namespace {

trace number_keys(const std::vector<std::string>& keys) {
    trace out;
    std::unordered_map<std::string, std::uint32_t> numbers;
    for (const auto& key : keys)
        out.requests.push_back(
            numbers.emplace(key, static_cast<std::uint32_t>(numbers.size())).first->second);
    out.distinct = numbers.size();
    return out;
}

trace read(const char* path) {
    std::ifstream file(path);
    if (!file) {
        std::fprintf(stderr, "hit_ratio: %s cannot be read\n", path);
        std::exit(66);
    }
    std::vector<std::string> keys;
    for (std::string line; std::getline(file, line);)
        keys.push_back(line);
    return number_keys(keys);
}

std::size_t hits(const contender& c, std::size_t capacity, const trace& t) {
    const auto p = c.make(capacity, t);
    std::size_t n = 0;
    for (const auto key : t.requests)
        n += p->access(key);
    return n;
}

// Checks the simulator against hits that were worked out by hand.
void check() {
    const auto t = number_keys({"a", "b", "a", "c", "b", "a", "d", "a"});
    struct {
        const char* name;
        std::size_t hits;
    } const expected[] = {{"lru", 2}, {"sieve", 2}, {"belady", 4}};
    for (const auto& e : expected)
        for (const auto& c : contenders())
            if (c.name == e.name && hits(c, 2, t) != e.hits) {
                std::fprintf(stderr, "hit_ratio: %s has %zu hits on the small trace, not %zu\n",
                             e.name, hits(c, 2, t), e.hits);
                std::exit(70);
            }
}

void compare(const char* path) {
    const auto t = read(path);
    for (const double share : {0.01, 0.05, 0.10, 0.25}) {
        const auto capacity = std::max<std::size_t>(
            1, static_cast<std::size_t>(share * static_cast<double>(t.distinct)));
        std::size_t optimum = 0;
        auto all = contenders();
        std::reverse(all.begin(), all.end());
        for (const auto& c : all) {
            const auto n = hits(c, capacity, t);
            if (!c.online) optimum = n;
            if (n > optimum) {
                std::fprintf(stderr, "hit_ratio: %s beats the optimum\n", c.name.data());
                std::exit(70);
            }
            std::printf("%s %g %s %.3f\n", path, share, c.name.data(),
                        100 * static_cast<double>(n) / static_cast<double>(t.requests.size()));
        }
    }
}

} // namespace

} // namespace hit_ratio

int main(int argc, char** argv) {
    hit_ratio::check();
    for (int i = 1; i < argc; ++i)
        hit_ratio::compare(argv[i]);
}
