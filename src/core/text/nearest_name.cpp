#include <latchkey/core/text/nearest_name.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace latchkey::core {

namespace {

// Levenshtein distance, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row[b.size()];
}

} // namespace

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
    // The work is quadratic: bounds it for names chosen by an attacker.
    if (name.size() > 128) return {};
    std::string_view best;
    std::size_t best_distance = 0;
    for (const auto candidate : candidates) {
        const std::size_t distance = edit_distance(name, candidate);
        const std::size_t limit =
            std::max<std::size_t>(2, std::max(name.size(), candidate.size()) / 3);
        if (distance > limit || distance >= candidate.size()) continue;
        if (best.empty() || distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

} // namespace latchkey::core
