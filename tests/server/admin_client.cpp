#include "server/cli/admin_client.hpp"
#include "../support/temporary_folder.hpp"
#include "one_answer_server.hpp"

#include <boost/test/unit_test.hpp>

#include <boost/json/parse.hpp>

using namespace latchkey::server;
using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(admin_client)

BOOST_AUTO_TEST_CASE(creates_an_organization) {
    one_answer_server server(http(
        "201 Created",
        R"({"organization_id":"org_1","name":"A \"B\"","status":"active","created_at":"2027-01-01T00:00:00Z"})"));
    const auto made = run({"org", "create", "--name", "A \"B\"", "--id", "org_1"},
                          {{"LATCHKEY_ADMIN_SOCKET", server.path()}});
    BOOST_TEST(made.code == 0);
    BOOST_TEST(made.err == "");
    BOOST_TEST(made.out == "organization_id  org_1\n"
                           "name             A \"B\"\n"
                           "status           active\n"
                           "created_at       2027-01-01T00:00:00Z\n");
    const auto asked = server.asked();
    BOOST_TEST(asked.starts_with("POST /admin/v1/organizations HTTP/1.1\r\n"));
    BOOST_TEST(asked.find("\r\nHost: ") != asked.npos);
    BOOST_TEST(asked.find("\r\nContent-Type: application/json\r\n") != asked.npos);
    BOOST_TEST(asked.ends_with(R"({"name":"A \"B\"","organization_id":"org_1"})"));
}

BOOST_AUTO_TEST_CASE(creates_a_key_and_shows_it_once) {
    const std::string answer =
        R"({"key_id":"key_1","api_key":"lk_live_x","scopes":["a","b"],"metadata":{"n":2.50},"expires_at":null})";
    one_answer_server server(http("201 Created", answer));
    const auto made =
        run({"key",        "create",        "--organization", "org_1",      "--name",        "n",
             "--scopes",   "a,b",           "--expires-in",   "90d",        "--external-id", "x",
             "--metadata", R"({"n":2.50})", "--allowed-ips",  "10.0.0.0/8", "--env",         "test",
             "--json",     "--socket",      server.path()},
            {{"LATCHKEY_ADMIN_SOCKET", "/nowhere"}});
    BOOST_TEST(made.code == 0);
    BOOST_TEST(made.out == answer + '\n');
    BOOST_TEST(made.err.find("shown once") != made.err.npos);
    BOOST_TEST(made.err.find("lk_live_x") == made.err.npos);
    const auto asked = server.asked();
    BOOST_TEST(asked.ends_with(
        R"({"organization_id":"org_1","name":"n","external_id":"x","env":"test","scopes":["a","b"],)"
        R"("allowed_ips":["10.0.0.0/8"],"expires_in":7776000,"metadata":{"n":2.50}})"));
}

BOOST_AUTO_TEST_CASE(tells_the_status) {
    one_answer_server server(http(
        "200 OK",
        R"({"version":"0.1.0","ready":false,"reason":"no database","database":{"open":0,"waiting":3},"list":[],"empty":{}})"));
    const auto told = run({"status", "--socket", server.path()}, {});
    BOOST_TEST(told.code == 0);
    BOOST_TEST(told.out.starts_with("latchkey 0.1.0, node "), told.out);
    BOOST_TEST(told.out.find("not ready: no database\n") != told.out.npos, told.out);
    BOOST_TEST(server.asked().starts_with("GET /admin/v1/status HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(revokes_a_key) {
    const std::string answer =
        R"({"key_id":"key_1","organization_id":"o","revoked_at":"2027-01-01T00:00:00Z","reason":null})";
    struct {
        std::vector<std::string> options;
        std::string_view body;
    } const cases[] = {{{}, "{}"},
                       {{"--reason", "it \"leaked\""}, R"({"reason":"it \"leaked\""})"}};
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.body) {
            one_answer_server server(http("200 OK", answer));
            std::vector<std::string> words = {"key", "revoke", "key_1", "--socket", server.path()};
            words.insert(words.end(), c.options.begin(), c.options.end());
            const auto told = run(words, {});
            BOOST_TEST(told.code == 0);
            BOOST_TEST(told.err == "");
            BOOST_TEST(told.out == "key_id           key_1\n"
                                   "organization_id  o\n"
                                   "revoked_at       2027-01-01T00:00:00Z\n"
                                   "reason           -\n");
            const auto asked = server.asked();
            BOOST_TEST(asked.starts_with("POST /admin/v1/api-keys/key_1/revoke HTTP/1.1\r\n"));
            BOOST_TEST(asked.ends_with("\r\n\r\n" + std::string(c.body)));
        }
    one_answer_server server(http("200 OK", answer));
    const auto told = run({"key", "revoke", "k", "--json", "--socket", server.path()}, {});
    BOOST_TEST(told.out == answer + '\n');
}

BOOST_AUTO_TEST_CASE(lists_nodes) {
    const std::string answer =
        R"({"nodes":[{"node":"a","live":true,"lag_seconds":0.5},{"node":"bcdef","live":false,"lag_seconds":null}]})";
    struct {
        std::string body;
        std::vector<std::string> options;
        int code;
        std::string out;
        std::string err;
    } const cases[] = {
        {answer,
         {},
         0,
         "instance_id\tnode\tversion\tstarted_at\theartbeat_at\tlive\tmax_staleness\tlag_seconds\n"
         "-\ta\t-\t-\t-\ttrue\t-\t0.5\n-\tbcdef\t-\t-\t-\tfalse\t-\t-\n",
         ""},
        {answer, {"--json"}, 0, answer + '\n', ""},
        {R"({"nodes":[]})", {}, 0, "", "There are no nodes.\n"},
        {R"({"nodes":[]})", {"--json"}, 0, "{\"nodes\":[]}\n", ""},
        {"{}", {}, 70, "", "latchkey: the server's answer has no list \"nodes\"\n"},
        {R"({"nodes":1})", {}, 70, "", "latchkey: the server's answer has no list \"nodes\"\n"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.body) {
            one_answer_server server(http("200 OK", c.body));
            std::vector<std::string> words = {"node", "list", "--socket", server.path()};
            words.insert(words.end(), c.options.begin(), c.options.end());
            const auto told = run(words, {});
            BOOST_TEST(told.code == c.code);
            BOOST_TEST(told.out == c.out);
            BOOST_TEST(told.err == c.err);
            BOOST_TEST(server.asked().starts_with("GET /admin/v1/nodes HTTP/1.1\r\n"));
        }
}

BOOST_AUTO_TEST_CASE(tells_problems_by_their_detail_and_exit_code) {
    struct {
        std::string_view status;
        std::string_view body;
        int code;
        std::string_view says;
    } const cases[] = {
        {"404 Not Found", R"({"detail":"no such organization"})", 64, "no such organization"},
        {"409 Conflict", R"({"detail":"it exists"})", 64, "it exists"},
        {"422 Unprocessable", R"({"detail":"name is empty"})", 64, "name is empty"},
        {"403 Forbidden", R"({"detail":"no"})", 77, "no"},
        {"503 Unavailable", R"({"detail":"the database is away"})", 69, "the database is away"},
        {"500 Oops", R"({"detail":"a defect"})", 70, "a defect"},
        {"500 Oops", "<html>", 70, "the server answered with status 500"},
        {"302 Found", "", 70, "the server answered with status 302"},
        {"200 OK", "hello", 69, "is no Latchkey server"},
        {"200 OK", "[]", 69, "is no Latchkey server"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.status << ' ' << c.body) {
            one_answer_server server(http(c.status, c.body));
            const auto told = run({"status", "--socket", server.path()}, {});
            BOOST_TEST(told.code == c.code);
            BOOST_TEST(told.out == "");
            BOOST_TEST(told.err.starts_with("latchkey: "));
            BOOST_TEST(told.err.find(c.says) != told.err.npos);
        }
}

BOOST_AUTO_TEST_CASE(says_where_no_server_answers) {
    const auto absent = ask_admin("/nowhere/admin.sock", "/admin/v1/status");
    BOOST_TEST(absent.exit_code == 69);
    BOOST_TEST(absent.complaint.starts_with("no server answers on /nowhere/admin.sock (No such "));
    BOOST_TEST(absent.complaint.find("latchkey serve") != std::string::npos);
    BOOST_TEST(ask_admin("", "/").exit_code == 64);
    BOOST_TEST(ask_admin(std::string(108, 'x'), "/").exit_code == 64);
    one_answer_server hangs_up("");
    BOOST_TEST(ask_admin(hangs_up.path(), "/").exit_code == 69);
    one_answer_server not_http("SSH-2.0\r\n");
    BOOST_TEST(ask_admin(not_http.path(), "/").exit_code == 69);
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_ever) {
    asio::io_context loop;
    const temporary_folder folder;
    const auto path = folder.file("silent");
    protocol::acceptor silent(loop, protocol::endpoint(path));
    const auto answer = ask_admin(path, "/", {}, latchkey::core::milliseconds(1));
    BOOST_TEST(answer.exit_code == 69);
    BOOST_TEST(answer.complaint.find("did not answer in time") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(permission_is_an_exit_code_of_its_own) {
    if (::geteuid() == 0) return; // root may open every socket
    one_answer_server server("");
    fs::permissions(server.path(), fs::perms::none);
    BOOST_TEST(ask_admin(server.path(), "/").exit_code == 77);
    fs::permissions(server.path(), fs::perms::owner_all);
    ask_admin(server.path(), "/");
}

BOOST_AUTO_TEST_SUITE_END()
