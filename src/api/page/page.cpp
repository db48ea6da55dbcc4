#include "api/page/page.hpp"

#include "api/page/common_parts.hpp"
#include "api/page/contents.hpp"
#include "api/page/operation_section.hpp"
#include "api/page/prose.hpp"

namespace latchkey::api::page {

namespace json = boost::json;

namespace {

// Paths are relative to /docs and to / alike, so that a proxy may serve the page below a prefix.
void write_head(html_writer& out, std::string_view title, bool with_trial) {
    const auto head = out.begin("head");
    out.empty_element("meta", {{"charset", "utf-8"}});
    out.element("title", title);
    out.empty_element("meta",
                      {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    out.empty_element("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
    out.empty_element("link", {{"rel", "stylesheet"}, {"href", "docs/page.css"}});
    if (with_trial) out.element("script", "", {{"src", "docs/try.js"}, {"defer", "defer"}});
}

void write_introduction(html_writer& out, const json::object& info, std::string_view title) {
    const auto header = out.begin("header", {{"class", "introduction"}});
    out.element("h1", title);
    write_paragraphs(out, text_of(info, "description"));
    const auto paragraph = out.begin("p");
    out.text("The same for programs: ");
    out.element("a", "openapi.json", {{"href", "openapi.json"}});
    out.text(" (OpenAPI 3.1). The examples use the variables that the quickstart sets.");
}

void write_overview(html_writer& out, const chapter& one) {
    const auto list = out.begin("ul", {{"class", "overview"}});
    for (const auto& asked : one.operations) {
        const auto item = out.begin("li");
        {
            const auto link = out.begin("a", {{"href", '#' + std::string(asked.id())}});
            write_method(out, asked.shown_method());
            out.text(" ");
            const auto path = out.begin("span", {{"class", "path"}});
            write_path(out, asked.path);
        }
        out.text(" ");
        out.element("span", text_of(*asked.is, "summary"), {{"class", "summary"}});
    }
}

void write_chapter(html_writer& out, const document& all, const chapter& one,
                   std::string_view listener) {
    const auto section = out.begin("section", {{"class", "chapter"}, {"id", one.anchor}});
    {
        const auto heading = out.begin("h2");
        out.element("span", listener, {{"class", "listener"}});
        out.text(" ");
        out.element("a", one.title, {{"href", '#' + one.anchor}});
    }
    write_paragraphs(out, one.says);
    write_overview(out, one);
    for (const auto& asked : one.operations)
        write_operation(out, all, asked);
}

} // namespace

std::string page_of(const json::object& description, bool with_trial) {
    const document all(description);
    const auto of_public = chapters_of(all, false);
    const auto of_admin = chapters_of(all, true);
    const auto& info = description.at("info").as_object();
    const auto title = std::string(text_of(info, "title")) + " API";
    html_writer out;
    {
        const auto html = out.begin("html", {{"lang", "en"}});
        write_head(out, title, with_trial);
        const auto body = out.begin("body");
        out.element("a", "Skip to the content", {{"class", "skip"}, {"href", "#content"}});
        write_contents(out, of_public, of_admin);
        const auto content = out.begin("main", {{"id", "content"}});
        write_introduction(out, info, title);
        for (const auto& one : of_public)
            write_chapter(out, all, one, "Public listener");
        for (const auto& one : of_admin)
            write_chapter(out, all, one, "Admin listener");
        write_common_parts(out, all);
    }
    return "<!doctype html>\n" + out.take();
}

} // namespace latchkey::api::page
