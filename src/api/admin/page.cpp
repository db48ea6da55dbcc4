#include "api/admin/page.hpp"

#include <latchkey/core/text/ascii.hpp>

#include <charconv>

namespace latchkey::api {

namespace {

core::failure wrong(std::string what) {
    return {core::failure_kind::invalid, std::move(what)};
}

std::optional<std::size_t> read_limit(std::string_view text) {
    std::size_t n = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, n);
    if (read.ec != std::errc() || read.ptr != end || n < 1 || n > page_limit_max)
        return std::nullopt;
    return n;
}

} // namespace

core::result<page_request> read_page(std::string_view query) {
    page_request page;
    std::optional<std::size_t> limit;
    while (!query.empty()) {
        auto value = core::next_part(query, '&');
        const auto name = core::next_part(value, '=');
        if (name == "limit" && !limit) {
            limit = read_limit(value);
            if (!limit)
                return wrong("\"limit\" must be from 1 to " + std::to_string(page_limit_max));
        } else if (name == "cursor" && !page.cursor && !value.empty()) {
            page.cursor = value;
        } else {
            return wrong("the query takes \"limit\" and \"cursor\", each once");
        }
    }
    page.limit = limit.value_or(page.limit);
    return page;
}

} // namespace latchkey::api
