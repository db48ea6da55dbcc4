#include "api/page/html_writer.hpp"

#include <algorithm>
#include <array>

namespace latchkey::api::page {

namespace {

// A line ends behind these, for who reads the source of the page.
constexpr std::array<std::string_view, 11> blocks = {
    "head", "body", "main", "nav", "section", "div", "dl", "ul", "li", "p", "figure"};

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text)
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
}

} // namespace

std::string escaped(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
}

html_writer::scope html_writer::begin(std::string_view tag,
                                      std::initializer_list<attribute> attributes) {
    start(tag, attributes);
    return {*this, tag};
}

void html_writer::element(std::string_view tag, std::string_view text,
                          std::initializer_list<attribute> attributes) {
    start(tag, attributes);
    append_escaped(out_, text);
    end(tag);
}

void html_writer::empty_element(std::string_view tag, std::initializer_list<attribute> attributes) {
    start(tag, attributes);
}

void html_writer::text(std::string_view text) {
    append_escaped(out_, text);
}

void html_writer::start(std::string_view tag, std::initializer_list<attribute> attributes) {
    out_ += '<';
    out_ += tag;
    for (const auto& [name, value] : attributes) {
        out_ += ' ';
        out_ += name;
        out_ += "=\"";
        append_escaped(out_, value);
        out_ += '"';
    }
    out_ += '>';
}

void html_writer::end(std::string_view tag) {
    out_ += "</";
    out_ += tag;
    out_ += '>';
    if (std::ranges::find(blocks, tag) != blocks.end()) out_ += '\n';
}

} // namespace latchkey::api::page
