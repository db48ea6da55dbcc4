#include "pg/writes/write_of.hpp"

#include <latchkey/core/text/json_text.hpp>

namespace latchkey::pg {

std::optional<std::string> timestamp_of(const std::optional<core::real_time>& t) {
    if (!t) return std::nullopt;
    if (*t == core::real_time::max()) return "infinity";
    if (*t == core::real_time::min()) return "-infinity";
    std::string out;
    core::append_rfc3339(out, *t);
    std::erase(out, '"'); // plain text, not JSON
    return out;
}

std::string seconds_text(core::seconds s) {
    return std::to_string(s.count());
}

core::failure failure_of(const query_failure& why, const std::string& conflict) {
    using core::failure_kind;
    const std::string message(why.message);
    const auto state = why.sqlstate;
    if (state == "23505") return {failure_kind::conflict, conflict};
    // Not a uuid, not UTF-8, a NUL; or too large.
    if (state.starts_with("22") || state.starts_with("54"))
        return {failure_kind::invalid, "the database does not take it: " + message};
    const bool transient = state.empty() || state.starts_with("08") || state.starts_with("53") ||
                           state.starts_with("57") || state.starts_with("40") || state == "55P03";
    if (transient) return {failure_kind::unavailable, "the database cannot do it now: " + message};
    return {failure_kind::internal, "the database refused the change: " + message + " (SQLSTATE " +
                                        std::string(state) + ")"};
}

} // namespace latchkey::pg
