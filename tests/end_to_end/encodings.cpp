// A server on a database in another encoding: disabled credentials are refused at once, also from
// the cache, and answers are UTF-8.
#include "cached_keys.hpp"

#include <boost/json/parse.hpp>

using namespace latchkey::test;

namespace {

constexpr const char* device_id = "ger\xc3\xa4t";

std::string authenticate(const std::string& id) {
    return post("/api/v1/auth/authenticate-device",
                R"({"device_id":")" + id + R"(","device_secret":"secret"})");
}

} // namespace

BOOST_AUTO_TEST_SUITE(encodings)

BOOST_AUTO_TEST_CASE(what_is_disabled_is_refused_at_once) {
    struct {
        std::string encoding;
        std::string id, name; // as SQL expressions
    } const cases[] = {
        {"LATIN1", "'ger' || chr(228) || 't'", "chr(228)"},
        {"SQL_ASCII", "E'ger\\xc3\\xa4t'", "E'\\xc3\\xa4'"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.encoding) {
            migrated_database database(in_encoding(c.encoding));
            server_process server(database.uri(), "",
                                  "[auth]\nlegacy_device_secret = \"plaintext\"\n");
            BOOST_REQUIRE(server.wait_for("/readyz", 200));
            database.exec("insert into public.organizations (organization_id) values ('o');"
                          "insert into public.device_credentials (device_id, device_secret,"
                          " organization_id, name) values (" +
                          c.id + ", 'secret', 'o', " + c.name + ")");
            const auto question = authenticate(device_id);
            BOOST_REQUIRE(
                soon([&] { return server.ask(question).field("X-Auth-Cache") == "hit"; }));
            const auto good = server.ask(question);
            BOOST_TEST(good.json().at("device_id").as_string() == device_id);
            BOOST_TEST(good.json().at("name").as_string() == "\xc3\xa4");
            database.exec("update public.device_credentials set status = 'off'");
            BOOST_TEST(soon([&] { return code_of(server.ask(question)) == "DISABLED"; }));
            // JSON must be UTF-8.
            BOOST_CHECK_NO_THROW(
                boost::json::parse(server.command({"device", "list", "--json"}).out));
        }
    }
}

// Bytes that are no text are never shown, and such secrets are not accepted.
BOOST_AUTO_TEST_CASE(without_an_encoding_nothing_is_guessed) {
    migrated_database database(in_encoding("SQL_ASCII"));
    server_process server(database.uri(), "", "[auth]\nlegacy_device_secret = \"plaintext\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    database.exec("insert into public.organizations (organization_id) values ('o');"
                  "insert into public.device_credentials (device_id, device_secret,"
                  " organization_id, metadata) values"
                  " ('bad', 'secret', 'o', E'{\"a\":\"\\xe4\"}')");
    const auto a = server.ask(authenticate("bad"));
    BOOST_TEST(a.status == 503);
    BOOST_TEST(a.json().at("code").as_string() == "UNAVAILABLE");
    const auto list = server.command({"device", "list", "--json"});
    BOOST_TEST(list.exit_code == 0, list.err);
    BOOST_CHECK_NO_THROW(boost::json::parse(list.out));
    // This is no failure of the database.
    BOOST_TEST(server.ask(get("/health")).body.find(R"("database":{"status":"ok"})") !=
               std::string::npos);
}

// Names that are no text, of other organizations and in skipped elements of the older arrays, do
// not keep operators from their answers.
BOOST_AUTO_TEST_CASE(without_an_encoding_operators_are_told_all_the_same) {
    migrated_database database(in_encoding("SQL_ASCII"));
    database.exec("insert into public.organizations (organization_id, name, api_keys) values"
                  " (E'o\\xe4', E'\\xe4', '[{\"key_hash\":\"?\"}]')");
    server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto missing =
        server.command({"revocation", "create", "--organization", "other", "--yes"});
    BOOST_TEST(missing.err.find("no organization \"other\"") != std::string::npos, missing.err);
    BOOST_TEST(soon([&] {
        const auto status = server.command({"status", "--json"});
        return status.out.find(R"("o\\344")") != std::string::npos;
    }));
    const auto migrated = run({latchkey_binary(), "migrate", "--config", server.config()});
    BOOST_TEST(migrated.exit_code == 0, migrated.err);
    BOOST_TEST((migrated.out + migrated.err).find("organization o\\344, api_keys[0]: skipped") !=
                   std::string::npos,
               migrated.out + migrated.err);
}

BOOST_AUTO_TEST_SUITE_END()
