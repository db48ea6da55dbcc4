#pragma once
// The query of a list: ?limit=100&cursor=…

#include <latchkey/core/result.hpp>
#include <latchkey/core/text/json_object.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
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
/// there is a next page. `json_of(row)` is a row, `cursor_of(row)` the cursor after that row.
template <class Row, class JsonOf, class CursorOf>
std::string write_page(std::string_view list, const std::vector<Row>& rows, std::size_t limit,
                       JsonOf json_of, CursorOf cursor_of) {
    const auto shown = std::span(rows).first(std::min(rows.size(), limit));
    core::json_value next = nullptr;
    if (rows.size() > limit) next = cursor_of(rows[limit - 1]);
    return core::json_object({{list, core::json_array(shown, json_of)}, {"next_cursor", next}})
        .text;
}

} // namespace latchkey::api
