#pragma once
// Decodes rows of look-ups, and gives records to the look-ups that asked for them.

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

/// Copies a value that may be NULL.
std::optional<std::string> optional_text(const std::optional<std::string_view>&);

/// Orders look-ups for `askers_of`.
void sort_by_key(std::span<auth::any_lookup*>);
/// Returns the look-ups for this fingerprint. `sorted` must be sorted by key.
std::span<auth::any_lookup* const> askers_of(std::span<auth::any_lookup* const> sorted,
                                             const core::fingerprint&);

/// Gives the record to every look-up of its fingerprint, and returns their number. `sorted` must be
/// sorted by key, and its look-ups must be of the record's kind.
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
