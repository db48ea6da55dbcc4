#pragma once
// The query of a list: ?limit=100&cursor=…

#include <latchkey/core/result.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

inline constexpr std::size_t page_limit_max = 1000;

struct page_request {
    std::size_t limit = 100;
    std::optional<std::string> cursor; ///< as the previous page gave it
};

/// Fails with a sentence for an unknown name, a repeated one, and a limit out of range.
core::result<page_request> read_page(std::string_view query);

/// Returns `{"<list>":[…],"next_cursor":…}` with the first `limit` rows. If there are more rows,
/// there is a next page. `append(out, row)` writes a row; `cursor_of(row)` is the cursor after that
/// row.
template <class Row, class Append, class CursorOf>
std::string write_page(std::string_view list, const std::vector<Row>& rows, std::size_t limit,
                       Append append, CursorOf cursor_of) {
    std::string out = "{";
    core::append_json_string(out, list);
    out += ":[";
    for (std::size_t i = 0; i < std::min(rows.size(), limit); ++i) {
        if (i > 0) out += ',';
        append(out, rows[i]);
    }
    out += R"(],"next_cursor":)";
    if (rows.size() > limit)
        core::append_json_string(out, cursor_of(rows[limit - 1]));
    else
        out += "null";
    return out += '}';
}

} // namespace latchkey::api
