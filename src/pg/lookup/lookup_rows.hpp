#pragma once
// Rows of look-ups, and records to those who asked.

#include <latchkey/auth/store.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::pg {

/// One row's values in the statement's order; an empty optional is NULL.
using row_values = std::span<const std::optional<std::string_view>>;

/// What may be NULL.
std::optional<std::string> optional_text(const std::optional<std::string_view>&);

/// Orders look-ups for `askers_of`.
void sort_by_key(std::span<auth::any_lookup*>);
/// Those who ask for this key. `sorted` by key.
std::span<auth::any_lookup* const> askers_of(std::span<auth::any_lookup* const> sorted,
                                             const core::fingerprint&);

/// Gives the record to every look-up of its key. `sorted` by key, and all of that record's kind.
/// Answers with how many.
template <class Record>
std::size_t settle(std::span<auth::any_lookup* const> sorted, const core::fingerprint& key,
                   const std::shared_ptr<const Record>& record) {
    const auto askers = askers_of(sorted, key);
    for (auto* asker : askers) {
        asker->status = auth::lookup_status::found;
        static_cast<auth::lookup<Record>&>(*asker).record = record;
    }
    return askers.size();
}

} // namespace latchkey::pg
