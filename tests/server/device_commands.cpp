// `latchkey device …`: the requests that each command sends, and what it does with the answers.
#include "one_answer_server.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::test;

namespace {

using words = std::vector<std::string>;

outcome ask(const one_answer_server& server, words given, const std::string& input = {}) {
    given.push_back("--socket");
    given.push_back(server.path());
    return run(given, {}, input);
}

} // namespace

BOOST_AUTO_TEST_SUITE(device_commands)

BOOST_AUTO_TEST_CASE(each_asks_its_endpoint) {
    struct {
        words given;
        std::string input;
        const char* target;
        const char* body;
    } const cases[] = {
        {{"device", "register", "--organization", "o", "--name", "n"},
         "",
         "POST /admin/v1/devices ",
         R"({"organization_id":"o","name":"n"})"},
        {{"device", "register", "--organization", "o", "--name", "n", "--id", "d", "--scopes",
          "a,b", "--metadata", R"({"n":2.50})", "--secret-stdin"},
         "chosen one\nmore\n",
         "POST /admin/v1/devices ",
         R"({"organization_id":"o","name":"n","device_id":"d","scopes":["a","b"],)"
         R"("metadata":{"n":2.50},"device_secret":"chosen one"})"},
        {{"device", "show", "d"}, "", "GET /admin/v1/devices/d ", ""},
        {{"device", "rotate", "d"}, "", "POST /admin/v1/devices/d/rotate ", "{}"},
        {{"device", "rotate", "d", "--overlap", "24h"},
         "",
         "POST /admin/v1/devices/d/rotate ",
         R"({"overlap":86400})"},
        {{"device", "rotate", "d", "--overlap", "0s"},
         "",
         "POST /admin/v1/devices/d/rotate ",
         R"({"overlap":0})"},
        {{"device", "rotate", "d", "--finish", "--wait", "all"},
         "",
         "POST /admin/v1/devices/d/rotate?wait=all ",
         R"({"finish":true})"},
        {{"device", "update", "d", "--name", "n", "--scopes", "", "--metadata", "{}"},
         "",
         "PATCH /admin/v1/devices/d ",
         R"({"name":"n","scopes":[],"metadata":{}})"},
        {{"device", "update", "d", "--metadata", ""},
         "",
         "PATCH /admin/v1/devices/d ",
         R"({"metadata":null})"},
        {{"device", "enable", "d"}, "", "PATCH /admin/v1/devices/d ", R"({"enabled":true})"},
        {{"device", "disable", "d", "--wait=all"},
         "",
         "PATCH /admin/v1/devices/d?wait=all ",
         R"({"enabled":false})"},
        {{"device", "create", "--organization", "o", "--name", "n"},
         "",
         "POST /admin/v1/devices ",
         R"({"organization_id":"o","name":"n"})"},
        {{"device", "revoke", "d"}, "", "POST /admin/v1/devices/d/revoke ", "{}"},
        {{"device", "revoke", "d", "--reason", "lost \"it\""},
         "",
         "POST /admin/v1/devices/d/revoke ",
         R"({"reason":"lost \"it\""})"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.target << c.body) {
            one_answer_server server(http("200 OK", R"({"device_id":"d"})"));
            const auto told = ask(server, c.given, c.input);
            BOOST_TEST(told.code == 0);
            BOOST_TEST(told.out == "device_id  d\n");
            BOOST_TEST(told.err.find("chosen") == std::string::npos);
            const auto asked = server.asked();
            BOOST_TEST(asked.starts_with(c.target));
            BOOST_TEST(asked.ends_with("\r\n\r\n" + std::string(c.body)));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_without_a_server) {
    struct {
        words given;
        const char* says;
    } const cases[] = {
        {{"device", "register", "--name", "n"}, "--organization"},
        {{"device", "register", "--organization", "o", "--name", "n", "--metadata", "1"},
         "--metadata"},
        {{"device", "register", "--organization", "o", "--name", "n", "--scopes", "a,,b"},
         "--scopes"},
        {{"device", "show"}, "DEVICE_ID"},
        {{"device", "show", "a/b"}, "DEVICE_ID"},
        {{"device", "revoke", "a?b"}, "DEVICE_ID"},
        {{"device", "rotate", "a%b"}, "DEVICE_ID"},
        {{"device", "rotate", "d", "--overlap", "1"}, "--overlap"},
        {{"device", "rotate", "d", "--overlap", "1500ms"}, "whole seconds"},
        {{"device", "update", "d"}, "nothing is to be changed"},
        {{"device", "rotate", "d", "--overlap", "1h", "--finish"}, "one of"},
        {{"device", "list", "--limit", "x"}, "--limit"},
        {{"device", "list", "--limit", "0"}, "--limit"},
        {{"device", "list", "--unused", "90"}, "--unused"},
        {{"device", "list", "--state", "expired"}, "--state"},
        {{"device", "list", "--cursor", "a&b"}, "--cursor"},
        {{"device", "import", "/nowhere/at/all"}, "cannot be read"},
        {{"device", "import"}, "FILE"},
        {{"device", "regster"}, "device register"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.says) {
            const auto told = run(c.given, {{"LATCHKEY_ADMIN_SOCKET", "/nowhere"}});
            BOOST_TEST(told.code == 64);
            BOOST_TEST(told.err.find(c.says) != std::string::npos);
            BOOST_TEST(told.out == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_made_secret_is_shown_once) {
    one_answer_server server(http("201 Created", R"({"device_id":"d","device_secret":"lkd_x"})"));
    const auto told = ask(server, {"device", "register", "--organization", "o", "--name", "n"});
    BOOST_TEST(told.out == "device_id      d\ndevice_secret  lkd_x\n");
    BOOST_TEST(told.err.find("shown once") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lists_a_page_and_tells_of_the_next) {
    one_answer_server server(
        http("200 OK", R"({"devices":[{"device_id":"d","name":null}],"next_cursor":"ZA-_"})"));
    const auto told = ask(server, {"device", "list", "--limit", "1", "--cursor", "YQ"});
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.err == "There are more: --cursor ZA-_\n");
    BOOST_TEST(server.asked().starts_with("GET /admin/v1/devices?limit=1&cursor=YQ "));
}

BOOST_AUTO_TEST_CASE(bad_lines_are_named_and_skipped) {
    one_answer_server server(
        http("200 OK", R"({"imported":1,"refused":[{"index":1,"why":"the id is taken"}]})"));
    const auto told = ask(server, {"device", "import", "-"},
                          "{\"device_id\":\"a\"}\n\nnonsense\n{\"device_id\":\"b\"}\n[]\n");
    BOOST_TEST(told.code == 64);
    BOOST_TEST(told.out == "imported  1\nrefused   3\n");
    BOOST_TEST(told.err == "line 3: it is no JSON object\nline 5: it is no JSON object\n"
                           "line 4: the id is taken\n");
    BOOST_TEST(server.asked().ends_with(
        "\r\n\r\n{\"devices\":[{\"device_id\":\"a\"},{\"device_id\":\"b\"}]}"));
}

BOOST_AUTO_TEST_CASE(an_import_ends_where_the_server_does) {
    const auto told = run({"device", "import", "-", "--json"},
                          {{"LATCHKEY_ADMIN_SOCKET", "/nowhere"}}, "{\"device_id\":\"a\"}\n");
    BOOST_TEST(told.code == 69);
    BOOST_TEST(told.out == "{\"imported\":0,\"refused\":[]}\n");
    BOOST_TEST(told.err.find("lines 1 to 1 and what follows are not imported") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(rehashes_until_there_is_no_next_page) {
    const auto forecast = http("200 OK", R"({"dry_run":true,"legacy_device_secret":"mixed",)"
                                         R"("hex_64":1,"like_hex_64":1,"other":1,"as_sha256":1,)"
                                         R"("as_plaintext":1,"unusable":1})");
    one_answer_server server(std::vector<std::string>{
        forecast, http("200 OK", R"({"rehashed":2,"unusable":1,"changed":0,"next_cursor":null})")});
    const auto told = ask(server, {"device", "rehash", "--generated", "--json"});
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.out == "{\"rehashed\":2,\"unusable\":1,\"changed\":0}\n");
    BOOST_TEST(told.err.find("1 bare secrets are 64 hexadecimal digits, 2 are not: "
                             "auth.legacy_device_secret is mixed") != std::string::npos);
    BOOST_TEST(told.err.find("1 bare secrets are not what") != std::string::npos);
    BOOST_TEST(server.asked().ends_with("\r\n\r\n{\"generated\":true}"));
}

BOOST_AUTO_TEST_CASE(a_dry_run_is_one_question) {
    one_answer_server server(http("200 OK", R"({"dry_run":true,"hex_64":3})"));
    const auto told = ask(server, {"device", "rehash", "--generated", "--dry-run"});
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.out == "dry_run  true\nhex_64   3\n");
    BOOST_TEST(server.asked().ends_with("\r\n\r\n{\"dry_run\":true}"));
}

BOOST_AUTO_TEST_CASE(nothing_is_rehashed_while_nobody_has_said_what_the_secrets_are) {
    one_answer_server server(
        http("422 Unprocessable Entity", R"({"detail":"1 of 64 hexadecimal digits, 2 others"})"));
    const auto told = ask(server, {"device", "rehash"});
    BOOST_TEST(told.code == 64);
    BOOST_TEST(told.out == "");
    BOOST_TEST(told.err.find("1 of 64 hexadecimal digits, 2 others") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
