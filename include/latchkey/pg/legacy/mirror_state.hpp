#pragma once
// What of public.organizations.api_keys was not taken as it stands: what latchkey.mirror_findings
// holds.

#include <cstdint>
#include <optional>
#include <string>

struct pg_result;

namespace latchkey::pg {

struct mirror_state {
    std::uint64_t skipped = 0;  ///< elements that no key was made of
    std::uint64_t disabled = 0; ///< elements whose keys are disabled, since they cannot be read
    std::uint64_t renamed = 0;  ///< good keys whose key_id is not the element's
    std::string first = "[]";   ///< JSON: an array of objects, for the first few of them

    /// What somebody has to mend.
    std::uint64_t unreadable() const noexcept { return skipped + disabled; }
};

/// An answer to `count_mirror_findings`. Nothing: malformed.
std::optional<mirror_state> decode_mirror_state(const pg_result& rows);

} // namespace latchkey::pg
