#pragma once
// The elements of public.organizations.api_keys that were not taken as they stand: the rows of
// latchkey.mirror_findings.

#include <cstdint>
#include <optional>
#include <string>

struct pg_result;

namespace latchkey::pg {

struct mirror_state {
    std::uint64_t skipped = 0;  ///< elements that no key was made of
    std::uint64_t disabled = 0; ///< elements that cannot be read, so that their keys are disabled
    std::uint64_t renamed = 0;  ///< good keys whose key_id is not the element's
    std::string first = "[]";   ///< JSON: an array of objects, for the first few elements

    /// The elements that an operator has to repair.
    std::uint64_t unreadable() const noexcept { return skipped + disabled; }
};

/// Decodes an answer to `count_mirror_findings`. Returns nullopt if it is malformed.
std::optional<mirror_state> decode_mirror_state(const pg_result& rows);

} // namespace latchkey::pg
