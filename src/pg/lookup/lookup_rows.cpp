#include "pg/lookup/lookup_rows.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace latchkey::pg {

namespace {

// Any fixed order will do. The first eight bytes of a hash nearly always decide.
bool before(const core::fingerprint& a, const core::fingerprint& b) {
    std::uint64_t first_of_a = 0;
    std::uint64_t first_of_b = 0;
    std::memcpy(&first_of_a, a.data(), sizeof first_of_a);
    std::memcpy(&first_of_b, b.data(), sizeof first_of_b);
    return first_of_a != first_of_b ? first_of_a < first_of_b : a < b;
}

} // namespace

std::optional<std::string> optional_text(const std::optional<std::string_view>& value) {
    return value ? std::optional<std::string>(*value) : std::nullopt;
}

void sort_by_key(std::span<auth::any_lookup*> lookups) {
    std::ranges::sort(lookups, before, &auth::any_lookup::key);
}

std::span<auth::any_lookup* const> askers_of(std::span<auth::any_lookup* const> sorted,
                                             const core::fingerprint& key) {
    // Few look-ups share a key, so a walk finds the last one sooner than a search.
    const auto first = std::ranges::lower_bound(sorted, key, before, &auth::any_lookup::key);
    const auto others = [&](const auth::any_lookup* asker) { return asker->key != key; };
    return {first, std::find_if(first, sorted.end(), others)};
}

} // namespace latchkey::pg
