// GET /docs, and GET / for browsers: the description of the API for people
//   200 HTML, with ETag   304 when If-None-Match has it
// GET /docs/page.css, /docs/try.js: its parts
//
// Clients on the server's own machine get a page with a script by which they can ask. No cache may
// give that page to others.
#include "api/public/docs.hpp"

#include "api/description/document.hpp"
#include "api/page/files.hpp"
#include "api/page/page.hpp"
#include "api/public/own_machine.hpp"
#include "api/public/tagged_page.hpp"
#include "api/public/tagged_text.hpp"

#include <latchkey/api/public_api.hpp>

#include <algorithm>
#include <string>

namespace latchkey::api {

namespace {

/// Immutable, for all threads.
struct all_docs {
    tagged_text page;
    tagged_text page_with_trial;
    tagged_text style;
    tagged_text script;
    std::string page_fields; ///< of the page: it depends on who asks
    std::string part_fields;
};

tagged_text file_named(std::string_view name) {
    return tagged(std::string(std::ranges::find(page::files(), name, &page::file::name)->text));
}

const all_docs& docs() {
    static const auto made = [] {
        const auto described = description::document();
        const auto fields = "Content-Security-Policy: " + std::string(http::page_policy) +
                            "\r\nX-Content-Type-Options: nosniff\r\n"
                            "Referrer-Policy: no-referrer\r\n";
        return all_docs{tagged(page::page_of(described, false)),
                        tagged(page::page_of(described, true)),
                        file_named("page.css"),
                        file_named("try.js"),
                        fields + "Cache-Control: private, no-cache\r\n",
                        fields + "Cache-Control: no-cache\r\n"};
    }();
    return made;
}

void answer_page(http::exchange& ex, public_api& api, std::string_view varies_by) {
    const bool may_try = is_from_own_machine(ex.origin, ex.request);
    const auto& text = may_try ? docs().page_with_trial : docs().page;
    auto& kept = may_try ? api.pages.docs_with_trial_gzip : api.pages.docs_gzip;
    answer_tagged(ex, api, {"text/html; charset=utf-8", docs().page_fields, varies_by},
                  text.entity_tag, text.plain, kept);
}

} // namespace

void show_docs(http::exchange& ex, public_api& api) {
    answer_page(ex, api, {});
}

void show_docs_by_accept(http::exchange& ex, public_api& api) {
    answer_page(ex, api, "Accept");
}

void show_docs_style(http::exchange& ex, public_api& api) {
    answer_tagged(ex, api, {"text/css; charset=utf-8", docs().part_fields}, docs().style.entity_tag,
                  docs().style.plain, api.pages.style_gzip);
}

void show_docs_script(http::exchange& ex, public_api& api) {
    answer_tagged(ex, api, {"text/javascript; charset=utf-8", docs().part_fields},
                  docs().script.entity_tag, docs().script.plain, api.pages.script_gzip);
}

void keep_docs(public_api& api) {
    const auto keep = [](http::kept_gzip& where, const tagged_text& text) {
        where = {text.entity_tag, text.gzip};
    };
    keep(api.pages.docs_gzip, docs().page);
    keep(api.pages.docs_with_trial_gzip, docs().page_with_trial);
    keep(api.pages.style_gzip, docs().style);
    keep(api.pages.script_gzip, docs().script);
}

} // namespace latchkey::api
