// Which server the commands ask, and how they ask it over TLS.
#include "server/cli/admin_place.hpp"
#include "../support/https_issuer.hpp"
#include "../support/temporary_folder.hpp"
#include "one_answer_server.hpp"

#include "server/cli/admin_client.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace latchkey::test;

namespace {

using words = std::vector<std::string>;
using variables = std::vector<std::pair<std::string, std::string>>;

constexpr const char* key = "lk_live_operator";

// A file with the key, which only its owner may read.
std::string key_file(const temporary_folder& folder, const std::string& text,
                     fs::perms mode = fs::perms::owner_read) {
    static int count = 0;
    const auto path = folder.file("key" + std::to_string(++count));
    std::ofstream(path) << text;
    fs::permissions(path, mode);
    return path;
}

latchkey::server::admin_place place_of(const words& given, variables environment) {
    std::ostringstream out, err;
    latchkey::server::command_context context{out, err, std::move(environment)};
    words all = {"status"};
    all.insert(all.end(), given.begin(), given.end());
    const std::vector<std::string_view> views(all.begin(), all.end());
    const auto line = parse_command_line(views, latchkey::server::commands());
    BOOST_REQUIRE_MESSAGE(line.has_value(), line.error().message);
    return admin_socket(*line, context);
}

} // namespace

BOOST_AUTO_TEST_SUITE(admin_place)

BOOST_AUTO_TEST_CASE(an_option_wins_over_a_variable_and_the_url_over_the_socket) {
    const variables socket = {{"LATCHKEY_ADMIN_SOCKET", "/s"}};
    const variables both = {{"LATCHKEY_ADMIN_SOCKET", "/s"}, {"LATCHKEY_ADMIN_URL", "https://u"}};
    struct {
        words given;
        variables environment;
        std::string name;
    } const cases[] = {
        {{}, {}, "/run/latchkey/admin.sock"},
        {{}, {{"LATCHKEY_ADMIN_SOCKET", ""}}, "/run/latchkey/admin.sock"},
        {{}, socket, "/s"},
        {{"--socket", "/t"}, socket, "/t"},
        {{}, both, "https://u"},
        {{"--socket", "/t"}, both, "/t"},
        {{"--url", "https://v:8443"}, both, "https://v:8443"},
        {{"--url", "https://[::1]:8443/"}, {}, "https://[::1]:8443"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto place = place_of(c.given, c.environment);
            BOOST_TEST(place.mistake == "");
            BOOST_TEST(place.name() == c.name);
        }
}

BOOST_AUTO_TEST_CASE(what_is_named_wrongly_is_told) {
    const temporary_folder folder;
    const auto open_to_all = key_file(folder, key, fs::perms::owner_read | fs::perms::others_read);
    struct {
        words given;
        int code;
        const char* says;
    } const cases[] = {
        {{"--url", "https://u", "--socket", "/s"}, 64, "name two servers"},
        {{"--url", "http://u"}, 64, "the URL \"http://u\" "},
        {{"--url", "https://u/admin"}, 64, "has a path"},
        {{"--url", "u:8443"}, 64, "the URL"},
        {{"--key-file", "/k"}, 64, "--key-file goes with --url"},
        {{"--ca-file", "/k", "--socket", "/s"}, 64, "--ca-file goes with --url"},
        {{"--url", "https://u", "--key-file", folder.file("none")}, 78, "cannot be read"},
        {{"--url", "https://u", "--key-file", key_file(folder, "")}, 78, "holds no API key"},
        {{"--url", "https://u", "--key-file", key_file(folder, "a\r\nX: b\n")},
         78,
         "holds no API key"},
        {{"--url", "https://u", "--key-file", key_file(folder, std::string(5000, 'x'))},
         78,
         "larger than"},
        {{"--url", "https://u", "--key-file", open_to_all}, 77, "chmod o= "},
        {{"--url", "https://localhost:1", "--ca-file", folder.file("none")}, 78, "none"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.says) {
            auto given = c.given;
            given.insert(given.begin(), "status");
            const auto told = run(given, {});
            BOOST_TEST(told.code == c.code);
            BOOST_TEST(told.out == "");
            BOOST_TEST(told.err.find(c.says) != told.err.npos);
        }
}

BOOST_AUTO_TEST_CASE(over_tls_the_key_is_sent_to_the_server_that_is_meant) {
    https_issuer server;
    server.behave({.body = R"({"kind":"api_key","name":"ops"})"});
    const temporary_folder folder;
    const auto file = key_file(folder, std::string(key) + '\n');
    const auto url = server.url("", "localhost");
    const auto told = run({"caller", "whoami", "--url", url, "--ca-file", server.ca_file()},
                          {{"LATCHKEY_KEY_FILE", file}});
    BOOST_TEST(told.err == "");
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.out == "kind  api_key\nname  ops\n");
    const auto asked = server.last_request();
    BOOST_TEST(asked.starts_with("GET /admin/v1/caller HTTP/1.1\r\n"));
    BOOST_TEST(asked.find("\r\nX-Latchkey-Key: " + std::string(key) + "\r\n") != asked.npos);
    BOOST_TEST(asked.find("\r\nHost: localhost:" + std::to_string(server.port()) + "\r\n") !=
               asked.npos);

    server.behave({.status = 403, .body = R"({"detail":"it lacks latchkey:admin:read"})"});
    const auto refused = run({"status"}, {{"LATCHKEY_ADMIN_URL", url},
                                          {"LATCHKEY_CA_FILE", server.ca_file()},
                                          {"LATCHKEY_KEY_FILE", file}});
    BOOST_TEST(refused.code == 77);
    BOOST_TEST(refused.err == "latchkey: it lacks latchkey:admin:read\n");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_the_one_meant_gets_nothing) {
    https_issuer server;
    const temporary_folder folder;
    const auto file = key_file(folder, key);
    struct {
        https_issuer::behaviour how;
        const char* says;
    } const cases[] = {
        {{.wrong_host = true}, "certificate is not accepted"},
        {{.foreign = true}, "certificate is not accepted"},
        {{.how = issuer_behaviour::manner::plain_garbage}, "no TLS"},
        {{.how = issuer_behaviour::manner::close_at_once}, "no TLS"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.says) {
            server.behave(c.how);
            const auto told = run({"status", "--url", server.url(""), "--ca-file", server.ca_file(),
                                   "--key-file", file},
                                  {});
            BOOST_TEST(told.code == 69);
            BOOST_TEST(told.err.find(c.says) != told.err.npos);
            BOOST_TEST(told.err.find(key) == told.err.npos);
            BOOST_TEST(server.requests() == 0);
        }
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_every_stage) {
    https_issuer server;
    for (const auto how :
         {issuer_behaviour::manner::stall, issuer_behaviour::manner::stall_in_tls}) {
        server.behave({.how = how});
        const auto place = place_of({"--url", server.url(""), "--ca-file", server.ca_file()}, {});
        const auto answer =
            ask_admin(place, "/admin/v1/status", {}, latchkey::core::milliseconds(200));
        BOOST_TEST(answer.exit_code == 69);
        BOOST_TEST(answer.complaint.find("did not answer in time") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_without_end_is_given_up) {
    one_answer_server server("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{");
    const auto told = run({"status", "--socket", server.path()}, {});
    BOOST_TEST(told.code == 69);
    BOOST_TEST(told.err.find("64 MiB") != told.err.npos);
}

BOOST_AUTO_TEST_SUITE_END()
