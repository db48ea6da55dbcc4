#pragma once
// What keeps changes out of the audit trail: latchkey.audit_state().

#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>

struct pg_result;

namespace latchkey::pg {

struct audit_state {
    std::uint64_t failed = 0; ///< records of changes past Latchkey that could not be written
    std::optional<core::real_time> failed_at; ///< the last of them
    std::string failed_with;                  ///< its SQLSTATE
    std::string wrong;                        ///< triggers that are not as they have to be

    /// A sentence with the mend; empty if nothing is wrong now, and no record failed in the last
    /// day.
    std::string problem(core::real_time now) const;
};

/// Decodes an answer to `watch_audit`. Returns nullopt if it is malformed.
std::optional<audit_state> decode_audit_state(const pg_result& rows);

} // namespace latchkey::pg
