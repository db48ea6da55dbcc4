#pragma once
// Reads values of an answer.

#include <libpq-fe.h>

#include <cstddef>
#include <string_view>

namespace latchkey::pg {

/// For a boolean in text format; NULL is false.
inline bool is_true(const PGresult& rows, int row, int column) {
    return std::string_view(PQgetvalue(&rows, row, column)) == "t";
}

inline std::string_view text_at(const PGresult& rows, int row, int column) {
    return {PQgetvalue(&rows, row, column),
            static_cast<std::size_t>(PQgetlength(&rows, row, column))};
}

} // namespace latchkey::pg
