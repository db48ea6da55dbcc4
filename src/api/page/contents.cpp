#include "api/page/contents.hpp"

#include "api/page/common_parts.hpp"
#include "api/page/prose.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace latchkey::api::page {

namespace {

std::string upper(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
    return out;
}

// "API keys" becomes "of-admin-api-keys".
std::string anchor_of(bool of_admin, std::string_view tag) {
    std::string out = of_admin ? "admin-" : "public-";
    for (const char c : tag)
        out += c == ' ' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return out;
}

std::string title_of(std::string_view tag) {
    std::string out(tag);
    if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - ('a' - 'A'));
    return out;
}

// What is the same in all paths of a listener says nothing in a narrow column.
std::string_view short_path(std::string_view path) {
    for (const std::string_view start : {"/api/v1/auth/", "/admin/v1/"})
        if (path.starts_with(start)) return path.substr(start.size());
    return path;
}

void write_link(html_writer& out, std::string_view anchor, std::string_view title) {
    out.element("a", title, {{"href", '#' + std::string(anchor)}});
}

void write_chapter(html_writer& out, const chapter& one) {
    const auto item = out.begin("li");
    write_link(out, one.anchor, one.title);
    const auto list = out.begin("ul");
    for (const auto& asked : one.operations) {
        const auto entry = out.begin("li");
        const auto link = out.begin("a", {{"href", '#' + std::string(asked.id())}});
        write_method(out, asked.shown_method());
        out.text(" ");
        const auto path = out.begin("span", {{"class", "path"}});
        write_path(out, short_path(asked.path));
    }
}

void write_group(html_writer& out, std::string_view title, const std::vector<chapter>& all) {
    out.element("p", title, {{"class", "group"}});
    const auto list = out.begin("ul");
    for (const auto& one : all)
        write_chapter(out, one);
}

} // namespace

std::vector<chapter> chapters_of(const document& all, bool of_admin) {
    std::vector<chapter> out;
    for (const auto& value : all.whole().at("tags").as_array()) {
        const auto& tag = value.as_object();
        const auto name = text_of(tag, "name");
        auto operations = all.operations(of_admin, name);
        if (operations.empty()) continue;
        out.push_back({anchor_of(of_admin, name), title_of(name), text_of(tag, "description"),
                       std::move(operations)});
    }
    return out;
}

void write_method(html_writer& out, std::string_view method) {
    out.element("span", upper(method), {{"class", "method " + std::string(method)}});
}

void write_contents(html_writer& out, const std::vector<chapter>& of_public,
                    const std::vector<chapter>& of_admin) {
    const auto nav = out.begin("nav", {{"aria-label", "Contents"}, {"class", "contents"}});
    write_group(out, "Public listener", of_public);
    write_group(out, "Admin listener", of_admin);
    out.element("p", "Common to all", {{"class", "group"}});
    const auto list = out.begin("ul");
    for (const auto& part : common_parts) {
        const auto item = out.begin("li");
        write_link(out, part.anchor, part.title);
    }
}

} // namespace latchkey::api::page
