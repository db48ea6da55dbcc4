// The page for people: complete, well-formed, escaped, and without anything that its
// Content-Security-Policy forbids.
#include "api/page/files.hpp"
#include "api/page/html_writer.hpp"
#include "api/page/page.hpp"
#include "api/page/samples.hpp"

#include <latchkey/api/description.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace latchkey::api;
using namespace std::string_literals;

namespace {

struct tag {
    std::string name; ///< with the slash of an end
    std::map<std::string, std::string> attributes;
};

// Reads `name="value"` pairs; whatever is not written so is kept as it is.
std::map<std::string, std::string> attributes_in(std::string_view text) {
    std::map<std::string, std::string> out;
    while (!text.empty()) {
        const auto begin = text.find_first_not_of(' ');
        if (begin == text.npos) break;
        text.remove_prefix(begin);
        const auto equals = text.find("=\"");
        if (equals == text.npos) return out[std::string(text)] = "?", out;
        const auto end = text.find('"', equals + 2);
        out[std::string(text.substr(0, equals))] = text.substr(equals + 2, end - equals - 2);
        text.remove_prefix(end + 1);
    }
    return out;
}

std::vector<tag> tags_in(std::string_view html) {
    std::vector<tag> out;
    for (auto at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
        const auto inside = html.substr(at + 1, html.find('>', at) - at - 1);
        const auto space = std::min(inside.find(' '), inside.size());
        out.push_back({std::string(inside.substr(0, space)), attributes_in(inside.substr(space))});
    }
    return out;
}

boost::json::object described_as_json() {
    return boost::json::parse(described().json).as_object();
}

const std::string& whole_page() {
    static const auto made = page::page_of(described_as_json(), false);
    return made;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(docs_page)

BOOST_AUTO_TEST_CASE(texts_and_attributes_are_escaped) {
    page::html_writer out;
    {
        const auto link = out.begin("a", {{"href", "#\"><script>'"}});
        out.text("a < b && \"c\" > 'd'");
    }
    BOOST_TEST(out.take() == "<a href=\"#&quot;&gt;&lt;script&gt;&#39;\">a &lt; b &amp;&amp; "
                             "&quot;c&quot; &gt; &#39;d&#39;</a>");
}

BOOST_AUTO_TEST_CASE(every_operation_has_its_section) {
    std::set<std::string> ids;
    for (const auto& one : tags_in(whole_page()))
        if (const auto id = one.attributes.find("id"); id != one.attributes.end())
            ids.insert(id->second);
    const auto whole = described_as_json();
    std::size_t operations = 0;
    for (const auto& [path, item] : whole.at("paths").as_object()) {
        BOOST_TEST(has(whole_page(), page::escaped(path.substr(path.rfind('/')))), path);
        for (const auto& [method, operation] : item.as_object()) {
            if (method == "servers") continue;
            ++operations;
            BOOST_TEST(ids.contains(std::string(operation.at("operationId").as_string())),
                       path << ' ' << method);
            BOOST_TEST(has(whole_page(), page::escaped(operation.at("summary").as_string())));
        }
    }
    BOOST_TEST(operations > 50u);
}

BOOST_AUTO_TEST_CASE(every_member_code_and_status_is_told) {
    const auto whole = described_as_json();
    const auto told = [](std::string_view text) {
        return has(whole_page(), ">" + page::escaped(text) + "</code>");
    };
    for (const auto& [name, schema] : whole.at("components").at("schemas").as_object()) {
        const auto* members = schema.as_object().if_contains("properties");
        if (!members) continue;
        for (const auto& [member, one] : members->as_object()) {
            BOOST_TEST(told(member), name << '.' << member);
            if (const auto* words = one.as_object().if_contains("enum"))
                for (const auto& word : words->as_array())
                    if (word.is_string()) BOOST_TEST(told(word.as_string()), word);
        }
    }
    for (const auto* status : {"400", "401", "404", "429", "503"})
        BOOST_TEST(has(whole_page(), "id=\"problem-"s + status + '"'));
    for (const auto* header : {"X-Latchkey-Receipt", "X-Latchkey-Key", "Retry-After"})
        BOOST_TEST(told(header), header);
}

BOOST_AUTO_TEST_CASE(what_the_policy_forbids_is_not_there) {
    for (const bool with_trial : {false, true})
        for (const auto& [name, attributes] :
             tags_in(page::page_of(described_as_json(), with_trial))) {
            BOOST_TEST(name != "style");
            for (const auto& [attribute, value] : attributes) {
                BOOST_TEST(attribute != "style");
                BOOST_TEST(!attribute.starts_with("on"), attribute);
                const bool leads = attribute == "href" || attribute == "src";
                BOOST_TEST((!leads || !has(value, ":")), value);
            }
            if (name == "script") BOOST_TEST(attributes.contains("src"));
            BOOST_TEST(name != "form"); // only the script makes one
        }
}

BOOST_AUTO_TEST_CASE(anchors_are_unique_and_links_lead_somewhere) {
    std::set<std::string> ids;
    const auto all = tags_in(whole_page());
    for (const auto& one : all)
        if (const auto id = one.attributes.find("id"); id != one.attributes.end())
            BOOST_TEST(ids.insert(id->second).second, id->second);
    std::size_t links = 0;
    for (const auto& one : all) {
        const auto href = one.attributes.find("href");
        if (href == one.attributes.end() || !href->second.starts_with('#')) continue;
        ++links;
        BOOST_TEST(ids.contains(href->second.substr(1)), href->second);
    }
    BOOST_TEST(links > 500u);
}

BOOST_AUTO_TEST_CASE(it_is_well_formed_and_its_headings_are_in_order) {
    const std::set<std::string> without_end = {"meta", "link", "wbr", "!doctype"};
    std::vector<std::string> open;
    int level = 0;
    for (const auto& one : tags_in(whole_page())) {
        if (one.name.starts_with('/')) {
            BOOST_REQUIRE(!open.empty());
            BOOST_REQUIRE(open.back() == one.name.substr(1));
            open.pop_back();
        } else if (!without_end.contains(one.name)) {
            open.push_back(one.name);
        }
        if (one.name.size() != 2 || one.name[0] != 'h' || one.name[1] > '6') continue;
        const int next = one.name[1] - '0';
        BOOST_TEST(next <= level + 1);
        level = next;
    }
    BOOST_TEST(open.empty());
}

BOOST_AUTO_TEST_CASE(only_the_script_tells_the_two_forms_apart) {
    auto with = page::page_of(described_as_json(), true);
    const auto script = R"(<script src="docs/try.js" defer="defer"></script>)"s;
    const auto at = with.find(script);
    BOOST_REQUIRE((at != with.npos));
    with.erase(at, script.size());
    BOOST_TEST((with == whole_page()));
}

// Whatever a description says stays text.
BOOST_AUTO_TEST_CASE(a_hostile_description_is_text) {
    auto text = described().json;
    const auto spoil = [&](const std::string& what, const std::string& by) {
        const auto at = text.find(what);
        BOOST_REQUIRE_MESSAGE(at != text.npos, what);
        text.replace(at, what.size(), by);
    };
    spoil("is this API key good", "<img src=x onerror=alert(1)>&<b>");
    spoil("A bad key is answered", "`<i>`</p><script>");
    spoil("the API key", "\\\"'</dl><style>");
    spoil("\"Latchkey\"", "\"<title>\"");
    const auto html = page::page_of(boost::json::parse(text).as_object(), false);
    std::set<std::string> names;
    for (const auto& one : tags_in(html))
        names.insert(one.name);
    for (const auto* name : {"img", "b", "i", "style", "script"})
        BOOST_TEST(!names.contains(name), name);
    BOOST_TEST(has(html, "&lt;img src=x onerror=alert(1)&gt;&amp;&lt;b&gt;"));
}

BOOST_AUTO_TEST_CASE(commands_quote_what_a_shell_would_read) {
    const auto command = [](const std::string& example) {
        const auto operation =
            boost::json::parse(R"({"requestBody":{"content":{"application/json":{"example":)" +
                               example + "}}}}")
                .as_object();
        return page::curl_command({"post", "/a/{id}", &operation, false});
    };
    BOOST_TEST(command(R"({"a":"$DEMO_API_KEY","b":"it's"})") ==
               "curl -s $LATCHKEY_URL/a/$ID \\\n  -H 'Content-Type: application/json' \\\n  "
               "-d '{\"a\": \"'$DEMO_API_KEY'\", \"b\": \"it'\\''s\"}'");
}

BOOST_AUTO_TEST_CASE(the_style_and_the_script_are_in_the_program) {
    std::set<std::string_view> names;
    for (const auto& file : page::files()) {
        names.insert(file.name);
        BOOST_TEST(file.text.size() > 100u);
    }
    BOOST_TEST((names == std::set<std::string_view>{"page.css", "try.js"}));
}

BOOST_AUTO_TEST_SUITE_END()
