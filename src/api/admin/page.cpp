#include "api/admin/page.hpp"

namespace latchkey::api {

core::result<page_request> read_page(std::string_view query) {
    const auto given = query_parameters::read(query, lists::pages.names());
    if (!given) return given.error();
    const auto limit = given->limit();
    if (!limit) return limit.error();
    return page_request{*limit, (*given)["cursor"]};
}

} // namespace latchkey::api
