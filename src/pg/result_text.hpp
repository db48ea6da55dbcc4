#pragma once
// Values of an answer.

#include <libpq-fe.h>

#include <cstddef>
#include <string_view>

namespace latchkey::pg {

/// NULL has no bytes.
inline std::string_view text_at(const PGresult& rows, int row, int column) {
    return {PQgetvalue(&rows, row, column),
            static_cast<std::size_t>(PQgetlength(&rows, row, column))};
}

} // namespace latchkey::pg
