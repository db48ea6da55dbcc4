// The commands that list: which pages they ask for, and what they print.
#include "one_answer_server.hpp"

#include <latchkey/core/text/rfc3339.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace core = latchkey::core;
using latchkey::server::terminal_traits;
using namespace latchkey::test;

namespace {

using words = std::vector<std::string>;

const auto now = core::parse_rfc3339("2027-01-01T00:00:00Z").value();

outcome ask(const one_answer_server& server, words given, terminal_traits terminal = {},
            int pauses = 0) {
    given.push_back("--socket");
    given.push_back(server.path());
    return run(given, {}, {}, terminal, now, pauses);
}

std::string page(std::string_view rows, std::string_view next) {
    return http("200 OK", R"({"api_keys":[)" + std::string(rows) + R"(],"next_cursor":)" +
                              (next.empty() ? "null" : '"' + std::string(next) + '"') + '}');
}

std::string trail_page(std::string_view events, std::string_view next, bool more) {
    return http("200 OK", R"({"audit_events":[)" + std::string(events) + R"(],"next_cursor":)" +
                              (next.empty() ? "null" : '"' + std::string(next) + '"') +
                              (more ? R"(,"more":true})" : R"(,"more":false})"));
}

std::string first_line_of(const std::string& request) {
    return request.substr(0, request.find(" HTTP/1.1\r\n"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(list_commands)

BOOST_AUTO_TEST_CASE(all_pages_are_followed) {
    one_answer_server server(std::vector<std::string>{
        page(R"({"key_id":"a","metadata":{"n":2.50}},{"key_id":"b"})", "Yg"), page("", "Yy"),
        page(R"({"key_id":"c"})", "")});
    const auto told = ask(server, {"key", "list", "--json"});
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.err == "");
    BOOST_TEST(told.out == R"({"api_keys":[{"key_id":"a","metadata":{"n":2.50}},{"key_id":"b"},)"
                           R"({"key_id":"c"}],"next_cursor":null})"
                           "\n");
    const auto asked = server.all_asked();
    BOOST_TEST(first_line_of(asked[0]) == "GET /admin/v1/api-keys?limit=200");
    BOOST_TEST(first_line_of(asked[1]) == "GET /admin/v1/api-keys?limit=200&cursor=Yg");
    BOOST_TEST(first_line_of(asked[2]) == "GET /admin/v1/api-keys?limit=200&cursor=Yy");
}

BOOST_AUTO_TEST_CASE(a_limit_ends_it_and_the_next_page_is_told) {
    const auto pages = [] {
        return std::vector<std::string>{page(R"({"key_id":"a"},{"key_id":"b"})", "Yg"),
                                        page(R"({"key_id":"c"})", "Yw")};
    };
    {
        one_answer_server server(pages());
        const auto told = ask(server, {"key", "list", "--limit", "3", "--quiet"});
        BOOST_TEST(told.code == 0);
        BOOST_TEST(told.out == "a\nb\nc\n");
        BOOST_TEST(told.err == "There are more: --cursor Yw\n");
        const auto asked = server.all_asked();
        BOOST_TEST(first_line_of(asked[0]) == "GET /admin/v1/api-keys?limit=3");
        BOOST_TEST(first_line_of(asked[1]) == "GET /admin/v1/api-keys?limit=1&cursor=Yg");
    }
    one_answer_server server(pages());
    const auto told = ask(server, {"key", "list", "--limit=3", "--json"});
    BOOST_TEST(told.err == "");
    const auto document = boost::json::parse(told.out);
    BOOST_TEST(document.at("api_keys").as_array().size() == 3u);
    BOOST_TEST(document.at("next_cursor").as_string() == "Yw");
}

BOOST_AUTO_TEST_CASE(a_cursor_that_stands_still_ends_it) {
    one_answer_server server(
        std::vector<std::string>{page(R"({"key_id":"a"})", "Yg"), page("", "Yg")});
    const auto told = ask(server, {"key", "list", "--quiet"});
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.out == "a\n");
}

// The trail names a cursor at its end as well, for what happens later; and a page may have looked
// at all that it may, and shown nothing of it.
BOOST_AUTO_TEST_CASE(a_list_that_grows_ends_where_no_more_is_there) {
    one_answer_server server(std::vector<std::string>{
        trail_page("", "MQ", true), trail_page(R"({"event_id":"1"})", "Mg", true),
        trail_page("", "Mw", true), trail_page(R"({"event_id":"2"})", "NA", false)});
    const auto told = ask(server, {"audit", "list", "--order", "asc", "--quiet"});
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.out == "1\n2\n");
    BOOST_TEST(told.err == "");
    const auto asked = server.all_asked();
    BOOST_REQUIRE(asked.size() == 4u);
    BOOST_TEST(first_line_of(asked[3]).ends_with("&limit=200&cursor=Mw"));
}
BOOST_AUTO_TEST_CASE(the_latest_events_go_on_through_empty_pages) {
    one_answer_server server(std::vector<std::string>{
        trail_page("", "MQ", true), trail_page(R"({"event_id":"1"})", "", false)});
    const auto told = ask(server, {"audit", "list", "--action", "x", "--json"});
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.out == "{\"audit_events\":[{\"event_id\":\"1\"}],\"next_cursor\":null}\n");
    // Of --limit rows, the one that is asked for comes, however many pages that takes.
    one_answer_server limited(std::vector<std::string>{
        trail_page("", "MQ", true), trail_page(R"({"event_id":"1"})", "Mg", true)});
    const auto one = ask(limited, {"audit", "list", "--limit", "1", "--quiet"});
    BOOST_TEST(one.out == "1\n");
    BOOST_TEST(one.err == "There are more: --cursor Mg\n");
}

BOOST_AUTO_TEST_CASE(a_failure_between_pages_is_told) {
    one_answer_server server(std::vector<std::string>{
        page(R"({"key_id":"a"})", "Yg"), http("503 Away", R"({"detail":"the database is away"})")});
    const auto told = ask(server, {"key", "list", "--quiet"});
    BOOST_TEST(told.code == 69);
    BOOST_TEST(told.out == "a\n");
    BOOST_TEST(told.err == "latchkey: the database is away\n");
}

BOOST_AUTO_TEST_CASE(each_asks_with_its_filters) {
    struct {
        words given;
        const char* target;
        const char* list;
    } const cases[] = {
        {{"key", "list", "--organization", "a b&c", "--name", "x=y", "--external-id", "e",
          "--unused", "90d", "--expiring", "14d", "--state", "active"},
         "/admin/v1/api-keys?organization_id=a%20b%26c&name=x%3dy&external_id=e&state=active&"
         "unused_for=7776000&expiring_within=1209600&limit=200",
         "api_keys"},
        {{"device", "list", "--organization", "o", "--unused=1h", "--name", "\xc3\xa4"},
         "/admin/v1/devices?organization_id=o&name=%c3%a4&unused_for=3600&limit=200",
         "devices"},
        {{"org", "list", "--name", "acme", "--state", "disabled"},
         "/admin/v1/organizations?name=acme&state=disabled&limit=200",
         "organizations"},
        {{"revocation", "list", "--limit", "5"}, "/admin/v1/revocations?limit=5", "revocations"},
        {{"node", "list"}, "/admin/v1/nodes", "nodes"},
        {{"signing-key", "list"}, "/admin/v1/signing-keys", "signing_keys"},
        {{"audit", "list", "--since", "2d", "--until", "2026-12-31T12:00:00+01:00", "--actor",
          "key_1", "--action", "api_key.revoke", "--object", "key_2", "--organization", "o",
          "--order", "asc"},
         "/admin/v1/audit-events?since=2026-12-30T00:00:00Z&until=2026-12-31T12:00:00%2b01:00&"
         "actor=key_1&action=api_key.revoke&object_id=key_2&organization_id=o&order=asc&limit=200",
         "audit_events"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.target) {
            one_answer_server server(http("200 OK", R"({")" + std::string(c.list) + R"(":[]})"));
            const auto told = ask(server, c.given);
            BOOST_TEST(told.code == 0);
            BOOST_TEST(told.out == "");
            BOOST_TEST(told.err.starts_with("There are no "));
            BOOST_TEST(first_line_of(server.asked()) == "GET " + std::string(c.target));
        }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_is_told_without_a_server) {
    struct {
        words given;
        const char* says;
    } const cases[] = {
        {{"key", "list", "--unused", "90"}, "--unused \"90\": expected a duration"},
        {{"key", "list", "--unused", "0s"}, "--unused"},
        {{"key", "list", "--expiring", "1ms"}, "--expiring"},
        {{"key", "list", "--cursor", "a b"}, "--cursor"},
        {{"key", "list", "--limit", "-1"}, "--limit"},
        {{"audit", "list", "--since", "yesterday"}, "--since \"yesterday\": expected a time"},
        {{"audit", "list", "--since", "900000d"}, "--since"},
        {{"audit", "list", "-f", "--until", "1d"}, "--until does not go with --follow"},
        {{"audit", "list", "-f", "--limit", "1"}, "--limit does not go with --follow"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.says) {
            const auto told = run(c.given, {{"LATCHKEY_ADMIN_SOCKET", "/nowhere"}});
            BOOST_TEST(told.code == 64);
            BOOST_TEST(told.err.find(c.says) != told.err.npos);
        }
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_a_table_with_relative_times) {
    const auto* const rows =
        R"({"key_id":"key_1","hint":"lk_live_Ab3d","organization_id":"acme","name":"a\u001b[2J",)"
        R"("scopes":["r"],"metadata":{"x":1},"state":"active","expires_at":null,)"
        R"("last_used_at":"2026-12-31T21:00:00Z"},)"
        R"({"key_id":"key_22","hint":null,"organization_id":"acme","name":"b","scopes":[],)"
        R"("state":"expired","expires_at":"2026-12-20T00:00:00Z","last_used_at":null})";
    one_answer_server server(page(rows, ""));
    const auto told = ask(server, {"key", "list"}, {.out = true});
    BOOST_TEST(told.out ==
               "KEY ID  HINT          ORGANIZATION ID  NAME        SCOPES  STATE    EXPIRES   "
               "LAST USED\n"
               "key_1   lk_live_Ab3d  acme             a\\u001b[2J  r       active   -         "
               "3 h ago\n"
               "key_22  -             acme             b           -       expired  12 d ago  "
               "-\n");
    one_answer_server piped(page(rows, ""));
    const auto plain = ask(piped, {"key", "list"}).out;
    BOOST_TEST(plain.starts_with("key_id\thint\torganization_id\tname\texternal_id\tscopes\t"));
    BOOST_TEST(plain.find("\t2026-12-31T21:00:00Z\t") != plain.npos);
}

BOOST_AUTO_TEST_CASE(following_prints_each_event_once) {
    const std::string one = R"({"event_id":"1","at":"2027-01-01T00:00:01Z","action":"a"})";
    const std::string two = R"({"event_id":"2","at":"2027-01-01T00:00:02Z","action":"b"})";
    const std::string three = R"({"event_id":"3","at":"2027-01-01T00:00:03Z","action":"c"})";
    {
        // It waits where no more is there, and not behind a page that has shown nothing.
        one_answer_server server(std::vector<std::string>{
            trail_page("", "", false), trail_page(one + ',' + two, "Mg", true),
            trail_page("", "Mz", true), trail_page("", "MA", false),
            trail_page(three, "Mw", false)});
        const auto told = ask(server, {"audit", "list", "-f", "--quiet", "--actor", "x"}, {}, 2);
        BOOST_TEST(told.code == 0);
        BOOST_TEST(told.out == "1\n2\n3\n");
        const auto asked = server.all_asked();
        const std::string first =
            "GET /admin/v1/audit-events?since=2027-01-01T00:00:00Z&actor=x&order=asc&limit=200";
        BOOST_TEST(first_line_of(asked[0]) == first);
        BOOST_TEST(first_line_of(asked[1]) == first);
        BOOST_TEST(first_line_of(asked[2]) == first + "&cursor=Mg");
        BOOST_TEST(first_line_of(asked[3]) == first + "&cursor=Mz");
        BOOST_TEST(first_line_of(asked[4]) == first + "&cursor=MA");
    }
    // A server that names none until a page is full.
    one_answer_server server(std::vector<std::string>{
        trail_page(one, "", false), trail_page(one + ',' + two, "", false),
        trail_page(one + ',' + two, "Mg", true), trail_page(three, "", false)});
    const auto told = ask(server, {"audit", "list", "-f", "--json", "--since", "1h"}, {}, 3);
    BOOST_TEST(told.out == one + '\n' + two + '\n' + three + '\n');
}

BOOST_AUTO_TEST_CASE(followed_events_have_whole_times_on_a_terminal) {
    one_answer_server server(
        http("200 OK", R"({"audit_events":[{"event_id":1,"at":"2027-01-01T00:00:01Z",)"
                       R"("actor":{"kind":"socket","uid":7},"action":"a","object_id":"o"}]})"));
    const auto told = ask(server, {"audit", "list", "-f"}, {.out = true});
    BOOST_TEST(told.out == "AT                    ACTOR          ACTION  OBJECT ID\n"
                           "2027-01-01T00:00:01Z  socket, uid 7  a       o\n");
}

BOOST_AUTO_TEST_SUITE_END()
