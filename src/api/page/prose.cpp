#include "api/page/prose.hpp"

namespace latchkey::api::page {

namespace {

// Removes the text before the separator, and the separator, from the front.
std::string_view next_part(std::string_view& rest, std::string_view separator) {
    const auto end = rest.find(separator);
    const auto part = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + separator.size());
    return part;
}

} // namespace

void write_sentence(html_writer& out, std::string_view text) {
    for (bool is_code = false; !text.empty(); is_code = !is_code) {
        const auto part = next_part(text, "`");
        if (is_code)
            out.element("code", part);
        else
            out.text(part);
    }
}

void write_paragraphs(html_writer& out, std::string_view text) {
    while (!text.empty()) {
        const auto paragraph = out.begin("p");
        write_sentence(out, next_part(text, "\n\n"));
    }
}

void write_path(html_writer& out, std::string_view path) {
    while (!path.empty()) {
        const auto end = path.find('/', 1);
        out.text(path.substr(0, end));
        path = end == path.npos ? std::string_view() : path.substr(end);
        if (!path.empty()) out.empty_element("wbr");
    }
}

} // namespace latchkey::api::page
