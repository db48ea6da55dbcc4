#pragma once
// The pages of a list: ?limit=100&cursor=…, and what is answered.

#include "api/admin/list_parameters.hpp"
#include "api/admin/list_query.hpp"
#include "api/admin/reply.hpp"

#include <latchkey/auth/objects/object_list.hpp>
#include <latchkey/core/flow/task.hpp>
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

struct page_request {
    std::size_t limit = 100;
    std::optional<std::string> cursor; ///< as the previous page gave it
};

/// For a list without filters. Fails with a sentence.
core::result<page_request> read_page(std::string_view query);

/// For an export: ?organization_id=&limit=&cursor=. Fails with a sentence.
template <class Page>
core::result<Page> read_export_page(std::string_view query) {
    const auto given = query_parameters::read(query, lists::exports.names());
    if (!given) return given.error();
    Page page;
    page.organization_id = (*given)["organization_id"];
    first_failure reading;
    reading.take(given->limit(), page.limit).take(given->after(), page.after);
    if (reading.why) return *reading.why;
    return page;
}

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

/// The same for a page of objects.
template <class Object, class JsonOf>
std::string write_page(std::string_view list, const auth::found_page<Object>& page,
                       JsonOf json_of) {
    core::json_value next = nullptr;
    if (page.next) next = cursor_after(*page.next);
    return core::json_object(
               {{list, core::json_array(page.objects, json_of)}, {"next_cursor", next}})
        .text;
}

/// Why there is no page. What the database cannot read of a query (a cursor or a filter that is no
/// uuid where ids are) is a bad request.
inline reply no_page(const core::failure& why) {
    if (why.kind == core::failure_kind::invalid) return http::refusal{400, why.message};
    return why;
}

/// Asks for pages by `list(page)` until one has an object, or there is no next one; at most 25
/// times, which one request is worth. Other operators' calls have their turn between two.
template <class Page, class List>
auto first_with_objects(List list, Page page) -> decltype(list(page)) {
    auto found = co_await list(page);
    for (int more = 24; more > 0 && found && found->objects.empty() && found->next; --more) {
        page.after = found->next;
        found = co_await list(page);
    }
    co_return found;
}

} // namespace latchkey::api
