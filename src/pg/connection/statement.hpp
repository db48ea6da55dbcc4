#pragma once
// One prepared statement: its name, its text, and how many parameters it takes.

#include <algorithm>
#include <span>

namespace latchkey::pg {

struct statement {
    const char* name; ///< metrics go by it, so several statements may share one
    const char* text;
    int parameters;
};

/// True if the statement is one of those. It is told by the place of its text: the name may be
/// shared, and a compiler may or may not put equal names in one place.
constexpr bool is_one_of(std::span<const statement> all, const statement& one) noexcept {
    return std::ranges::find(all, one.text, &statement::text) != all.end();
}

} // namespace latchkey::pg
