#include <latchkey/pg/feed/audit_state.hpp>

#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"

#include <latchkey/core/text/rfc3339.hpp>

#include <chrono>
#include <string_view>

namespace latchkey::pg {

namespace {

constexpr auto told_for = std::chrono::hours(24);

enum column { failed, failed_at, failed_with, wrong, columns };

std::string_view mend_of(std::string_view sqlstate) {
    if (sqlstate == "55P03") return "a session holds a lock on latchkey.audit_events: end it";
    if (sqlstate == "53100") return "the database's disk is full: make room";
    if (sqlstate == "42P01" || sqlstate == "3F000")
        return "latchkey.audit_events is not there: restore it";
    return "the database's log has the reason";
}

} // namespace

std::string audit_state::problem(core::real_time now) const {
    std::string out;
    if (!wrong.empty())
        out = "changes are not recorded in the audit trail: " + wrong +
              "; latchkey migrate sets that right";
    if (failed == 0 || !failed_at || now - *failed_at > told_for) return out;
    if (!out.empty()) out += "; ";
    return out + "changes past Latchkey are not in the audit trail, the last one at " +
           core::rfc3339_of(*failed_at) + " (SQLSTATE " + failed_with +
           "): " + std::string(mend_of(failed_with));
}

std::optional<audit_state> decode_audit_state(const pg_result& rows) {
    if (PQnfields(&rows) != columns || PQntuples(&rows) != 1) return std::nullopt;
    const auto count = decode_int8(text_at(rows, 0, failed));
    if (!count || *count < 0) return std::nullopt;
    audit_state out{static_cast<std::uint64_t>(*count),
                    {},
                    std::string(text_at(rows, 0, failed_with)),
                    std::string(text_at(rows, 0, wrong))};
    if (!PQgetisnull(&rows, 0, failed_at)) {
        out.failed_at = decode_timestamptz(text_at(rows, 0, failed_at));
        if (!out.failed_at) return std::nullopt;
    }
    return out;
}

} // namespace latchkey::pg
