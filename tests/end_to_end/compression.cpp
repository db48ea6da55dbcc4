// Answers in gzip as curl and Python read them, and answers that are never compressed.
#include "../support/unpacked.hpp"
#include "issuing_nodes.hpp"

#include <boost/json/parse.hpp>

using namespace latchkey::test;
using namespace std::string_literals;

namespace {

constexpr auto no_database = "postgresql:///none?host=/nonexistent";
const std::string gzip = "Accept-Encoding: gzip\r\n";

std::string url(const server_process& server, const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(server.port()) + path;
}

} // namespace

BOOST_AUTO_TEST_SUITE(compression)

BOOST_AUTO_TEST_CASE(curl_and_python_read_it) {
    server_process server(no_database);
    const auto plain = server.ask(get("/"));
    BOOST_TEST(plain.field("Vary") == "Accept, Accept-Encoding");
    BOOST_TEST(plain.field("Content-Encoding") == "");
    const auto curl =
        run({"/usr/bin/curl", "-s", "--compressed", "-D", "/dev/stderr", url(server, "/")});
    BOOST_TEST(curl.out == plain.body);
    BOOST_TEST(curl.err.find("Content-Encoding: gzip") != std::string::npos);
    const auto python = run({"/usr/bin/python3", "-c",
                             "import gzip, sys, urllib.request as u\n"
                             "r = u.urlopen(u.Request(sys.argv[1], headers={'Accept-Encoding': "
                             "'br;q=1, gzip;q=0.5'}))\n"
                             "assert r.headers['Content-Encoding'] == 'gzip', r.headers\n"
                             "sys.stdout.write(gzip.decompress(r.read()).decode())\n",
                             url(server, "/")});
    BOOST_TEST(python.out == plain.body);
    BOOST_TEST(python.err == "");
}

BOOST_AUTO_TEST_CASE(what_is_kept_and_what_is_long_is_the_same_again_and_again) {
    server_process server(no_database, "workers = 1");
    auto connection = server.connect();
    const auto plain = connection.ask(get("/"));
    for (int i = 0; i < 3; ++i) {
        const auto packed = connection.ask(get("/", gzip));
        BOOST_TEST(packed.field("Content-Encoding") == "gzip");
        BOOST_TEST(packed.body.size() < plain.body.size() / 2);
        BOOST_TEST(unpacked(packed.body) == plain.body);
        const auto metrics = connection.ask(get("/metrics", gzip));
        BOOST_TEST(metrics.field("Content-Encoding") == "gzip");
        const auto text = unpacked(metrics.body);
        BOOST_TEST(text.find("auth_compression_bytes_total{form=\"compressed\"}") != text.npos);
        BOOST_TEST(metrics.body.size() < text.size() / 4);
    }
    connection.send("HEAD / HTTP/1.1\r\nHost: a\r\n" + gzip + "\r\n");
    const auto head = connection.receive(true);
    BOOST_TEST(head.field("Content-Encoding") == "gzip");
    BOOST_TEST(head.field("Content-Length") ==
               connection.ask(get("/", gzip)).field("Content-Length"));
    BOOST_TEST(connection.ask(get("/", "Accept-Encoding: gzip;q=0\r\n")).body == plain.body);
    BOOST_TEST(connection.ask(get("/livez", gzip)).body == R"({"status":"ok"})");
}

BOOST_AUTO_TEST_CASE(batches_are_compressed) {
    server_process server(no_database);
    std::string items;
    for (int i = 0; i < 1000; ++i)
        items += (i ? "," : "") + R"({"type":"api_key","api_key":"bad key )"s + std::to_string(i) +
                 "\"}";
    const auto body = "{\"items\":[" + items + "]}";
    const auto plain = server.ask(post("/api/v1/auth/verify-batch", body));
    const auto packed = server.ask(post("/api/v1/auth/verify-batch", body, gzip));
    BOOST_TEST(packed.field("Content-Encoding") == "gzip");
    BOOST_TEST(packed.field("X-Auth-Cache") == "none");
    BOOST_TEST(unpacked(packed.body) == plain.body);
}

// Long answers are compressed piece by piece: for all kinds of credential, looked up and cached.
BOOST_AUTO_TEST_CASE(long_answers_of_one_credential) {
    migrated_database database;
    server_process server(database.uri(), "workers = 1");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("org");
    const auto metadata = R"({"text":")" + std::string(12'000, 'm') + "\"}";
    const auto key = server.create_key("org", {"--metadata", metadata});
    const auto made = server.command({"device", "register", "--organization", "org", "--name", "d",
                                      "--metadata", metadata, "--json"});
    BOOST_REQUIRE_MESSAGE(made.exit_code == 0, made.err);
    const auto device = boost::json::parse(made.out).as_object();
    const auto of_device = R"({"device_id":")" + std::string(device.at("device_id").as_string()) +
                           R"(","device_secret":")" +
                           std::string(device.at("device_secret").as_string()) + "\"}";
    auto connection = server.connect();
    const auto ask = [&](const char* path, const std::string& body) {
        const auto packed = connection.ask(post(path, body, gzip));
        BOOST_TEST(packed.status == 200);
        BOOST_TEST(packed.field("Content-Encoding") == "gzip");
        BOOST_TEST(unpacked(packed.body).find(R"("text":"mmm)") != std::string::npos);
        return packed.field("X-Auth-Cache");
    };
    for (const auto& [path, body] : {std::pair{"/api/v1/auth/verify-api-key", question_of(key)},
                                     {"/api/v1/auth/authenticate-device", of_device}})
        BOOST_TEST(soon([&] { return ask(path, body) == "hit"; }));
}

BOOST_AUTO_TEST_CASE(it_can_be_switched_off) {
    server_process server(no_database, {}, "[compression]\nenabled = false");
    const auto a = server.ask(get("/", gzip));
    BOOST_TEST(a.field("Content-Encoding") == "");
    BOOST_TEST(a.field("Vary") == "Accept");
}

BOOST_AUTO_TEST_CASE(published_keys_have_a_tag_for_each_form) {
    issuing_nodes nodes;
    const auto node = nodes.start(true, "[compression]\nminimum_size = 1\n");
    issuing_nodes::issue(*node, node->create_key(node->create_organization()));
    const auto path = "/.well-known/jwks.json";
    const auto plain = node->ask(get(path));
    const auto packed = node->ask(get(path, gzip));
    BOOST_TEST(plain.field("Vary") == "Accept-Encoding");
    BOOST_TEST(unpacked(packed.body) == plain.body);
    const auto tag = plain.field("ETag");
    const auto packed_tag = packed.field("ETag");
    BOOST_TEST(tag != packed_tag);
    for (const auto& [accept, known, told] :
         {std::tuple(""s, tag, tag), std::tuple(gzip, packed_tag, packed_tag),
          std::tuple(gzip, tag, tag), std::tuple(""s, packed_tag, packed_tag),
          std::tuple(gzip, "W/" + tag + ", " + packed_tag, packed_tag), std::tuple(""s, "*"s, tag),
          std::tuple(gzip, "*"s, packed_tag)})
        BOOST_TEST_CONTEXT(accept << known) {
            const auto a = node->ask(get(path, accept + "If-None-Match: " + known + "\r\n"));
            BOOST_TEST(a.status == 304);
            BOOST_TEST(a.body == "");
            BOOST_TEST(a.field("ETag") == told);
            BOOST_TEST(a.field("Vary") == "Accept-Encoding");
            BOOST_TEST(a.field("Content-Encoding") == "");
        }
    BOOST_TEST(node->ask(get(path, gzip + "If-None-Match: \"x\"\r\n")).status == 200);
}

BOOST_AUTO_TEST_CASE(what_holds_a_token_or_a_secret_is_never_compressed) {
    issuing_nodes nodes;
    const auto node = nodes.start(true, "[compression]\nminimum_size = 1\n");
    const auto organization = node->create_organization();
    const auto key = node->create_key(organization);
    issuing_nodes::issue(*node, key);
    const auto made = node->command(
        {"device", "register", "--organization", organization, "--name", "D", "--json"});
    const auto device = boost::json::parse(made.out).as_object();
    const auto id = std::string(device.at("device_id").as_string());
    const auto secret = std::string(device.at("device_secret").as_string());
    const auto authenticate = [&](const std::string& more) {
        return post(
            "/api/v1/auth/authenticate-device",
            R"({"device_id":")" + id + R"(","device_secret":")" + secret + "\"" + more + "}", gzip);
    };

    const auto token = node->ask(post("/api/v1/auth/generate-token", question_of(key), gzip));
    BOOST_TEST(!token_of(token).empty());
    BOOST_TEST(token.field("Content-Encoding") == "");
    const auto with = node->ask(authenticate(R"(,"issue_token":true)"));
    BOOST_TEST(!token_of(with).empty());
    BOOST_TEST(with.field("Content-Encoding") == "");
    // The same answer without the token is compressed.
    const auto without = node->ask(authenticate(""));
    BOOST_TEST(without.field("Content-Encoding") == "gzip");
    BOOST_TEST(unpacked(without.body).find(id) != std::string::npos);
    // The same holds for many in a batch.
    const auto batch = [&](const std::string& more) {
        return node->ask(post("/api/v1/auth/verify-batch",
                              R"({"items":[{"type":"device","device_id":")" + id +
                                  R"(","device_secret":")" + secret + "\"" + more + "}]}",
                              gzip));
    };
    const auto with_token = batch(R"(,"issue_token":true)");
    BOOST_TEST(with_token.body.find("access_token") != std::string::npos);
    BOOST_TEST(with_token.field("Content-Encoding") == "");
    BOOST_TEST(with_token.field("Cache-Control") == "no-store");
    BOOST_TEST(batch("").field("Content-Encoding") == "gzip");
    const auto verified = node->ask(post("/api/v1/auth/verify-api-key", question_of(key), gzip));
    BOOST_TEST(verified.field("Content-Encoding") == "gzip");
}

BOOST_AUTO_TEST_SUITE_END()
