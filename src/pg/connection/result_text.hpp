#pragma once
// Values of an answer.

#include <libpq-fe.h>

#include <cstddef>
#include <string_view>

namespace latchkey::pg {

/// NULL has no bytes.
/// A boolean of an answer in text.
inline bool is_true(const PGresult& rows, int row, int column) {
    return std::string_view(PQgetvalue(&rows, row, column)) == "t";
}

inline std::string_view text_at(const PGresult& rows, int row, int column) {
    return {PQgetvalue(&rows, row, column),
            static_cast<std::size_t>(PQgetlength(&rows, row, column))};
}

} // namespace latchkey::pg
