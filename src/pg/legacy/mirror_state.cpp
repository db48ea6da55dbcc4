#include <latchkey/pg/legacy/mirror_state.hpp>

#include "pg/connection/result_text.hpp"
#include "pg/connection/wire.hpp"

namespace latchkey::pg {

namespace {

enum column { skipped, disabled, renamed, first, columns };

} // namespace

std::optional<mirror_state> decode_mirror_state(const pg_result& rows) {
    if (PQnfields(&rows) != columns || PQntuples(&rows) != 1) return std::nullopt;
    mirror_state out;
    const auto count = [&](column c, std::uint64_t& to) {
        const auto value = decode_int8(text_at(rows, 0, c));
        if (value) to = static_cast<std::uint64_t>(*value);
        return value && *value >= 0;
    };
    if (!count(skipped, out.skipped) || !count(disabled, out.disabled) ||
        !count(renamed, out.renamed))
        return std::nullopt;
    out.first = text_at(rows, 0, first);
    return out;
}

} // namespace latchkey::pg
