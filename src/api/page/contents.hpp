#pragma once
// The table of contents, and the names of the sections that it leads to.

#include "api/page/document.hpp"
#include "api/page/html_writer.hpp"

#include <string>
#include <vector>

namespace latchkey::api::page {

/// The operations of one listener with one tag.
struct chapter {
    std::string anchor;
    std::string title;
    std::string_view says;
    std::vector<placed_operation> operations;
};

/// Those of the public listener first. Without operations there is no chapter.
std::vector<chapter> chapters_of(const document&, bool of_admin);

/// The method and the path, as they stand in lists and headings.
void write_method(html_writer&, std::string_view method);

void write_contents(html_writer&, const std::vector<chapter>& of_public,
                    const std::vector<chapter>& of_admin);

} // namespace latchkey::api::page
