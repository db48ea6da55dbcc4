// Callers on the public listener: keys, certificates and unix sockets; what one of one organization
// learns of another's credentials; credentials that their holders end.
#include "../support/certificates.hpp"
#include "cpu_timing.hpp"
#include "device_server.hpp"
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>

#include <cmath>
#include <fstream>

using namespace latchkey::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

const std::string required = "[auth]\ncallers = \"required\"\n";

std::string by(const std::string& key) {
    return "X-Latchkey-Key: " + key + "\r\n";
}
std::string verify_as(const std::string& caller, const std::string& key) {
    return post("/api/v1/auth/verify-api-key", R"({"api_key":")" + key + "\"}", by(caller));
}
std::string end_of(const std::string& what, const std::string& credential,
                   const std::string& fields = {}) {
    return post("/api/v1/auth/revoke", R"({")" + what + R"(":")" + credential + "\"}", fields);
}
std::string device_as(const std::string& caller, const std::string& id) {
    return post("/api/v1/auth/authenticate-device",
                R"({"device_id":")" + id +
                    R"(","device_secret":"lkd_0000000000000000000000000000000000000"})",
                by(caller));
}

// The answer without what every answer has for itself.
std::string without_id(const answer& a) {
    auto text = a.head + a.body;
    for (const auto* field : {"X-Request-Id: ", "Date: "})
        if (const auto at = text.find(field); at != text.npos)
            text.erase(at, text.find("\r\n", at) - at);
    return text;
}

// Two organizations, with a caller each, a key and a device of the other one.
struct two_organizations {
    temporary_folder folder;
    migrated_database database;
    server_process server;
    std::string ours, theirs, their_key, our_key;
    std::string gone_key; ///< of the same shape as the others, and in no table

    explicit two_organizations(const std::string& toml = {})
        : server(database.uri(), "workers = 1\n", required + tokens() + toml) {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        for (const auto* id : {"ours", "theirs"})
            server.create_organization(id);
        const std::vector<std::string> scopes = {"--scopes",
                                                 "latchkey:verify,latchkey:issue,latchkey:revoke"};
        ours = server.create_key("ours", scopes);
        theirs = server.create_key("theirs", scopes);
        their_key = server.create_key("theirs");
        our_key = server.create_key("ours");
        gone_key = server.create_key("theirs");
        database.exec("delete from latchkey.api_keys" + whose_hash_is_of(gone_key));
        const auto done = server.command({"device", "register", "--organization", "theirs",
                                          "--name", "D", "--id", "device-known"});
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    }
    // The server can issue tokens.
    std::string tokens() const {
        std::ofstream(folder.file("kek")) << std::string(64, 'a') << '\n';
        return "[tokens]\nkey_encryption_key_file = \"" + folder.file("kek") + "\"\n";
    }
    bool becomes(const std::string& question, int status) const {
        const auto end = std::chrono::steady_clock::now() + patience;
        while (server.ask(question).status != status)
            if (std::chrono::steady_clock::now() > end) return false;
        return true;
    }
};

outcome start_in_vain(const std::string& listen, const std::string& toml) {
    const temporary_folder folder;
    std::ofstream(folder.file("latchkey.toml"))
        << "[server]\nlisten = \"" << listen << "\"\n[admin]\nsocket = \""
        << folder.file("admin.sock")
        << "\"\n[database]\nuri = \"postgresql:///none?host=/nonexistent\"\n"
        << toml;
    return run({latchkey_binary(), "serve", "--config", folder.file("latchkey.toml")});
}

} // namespace

BOOST_AUTO_TEST_SUITE(callers)

BOOST_AUTO_TEST_CASE(a_caller_is_made_at_the_socket_and_held_to_what_it_may) {
    const two_organizations w;
    const auto nobody = w.server.ask(verify(R"({"api_key":")" + w.our_key + "\"}"));
    BOOST_TEST(nobody.status == 401);
    BOOST_TEST(nobody.field("WWW-Authenticate").starts_with("Latchkey-Key"));
    BOOST_TEST(w.server.ask(get("/metrics")).status == 401);
    BOOST_TEST(w.server.ask(get("/health")).status == 200);
    BOOST_TEST(w.server.ask(get("/metrics", by(w.ours))).status == 403);
    BOOST_TEST(w.server.ask(verify_as(w.our_key, w.our_key)).status == 403);
    BOOST_TEST(w.server.ask(verify_as(w.ours, w.our_key)).json().at("valid").as_bool());
    BOOST_TEST(
        w.server.ask(post("/api/v1/auth/verify-api-key", "{}", by(w.ours) + by(w.ours))).status ==
        400);
    // Revoked, it is out as any key is.
    const auto id = w.server.ask(verify_as(w.ours, w.ours)).json().at("key_id").as_string();
    const auto revoked = w.server.command({"key", "revoke", std::string(id)});
    BOOST_REQUIRE_MESSAGE(revoked.exit_code == 0, revoked.err);
    BOOST_TEST(w.server.ask(verify_as(w.ours, w.our_key)).status == 401);
}

BOOST_AUTO_TEST_CASE(anothers_credentials_are_as_unknown_ones) {
    const two_organizations w;
    const auto key = R"({"api_key":")" + w.their_key + "\"}";
    const auto token = issuing_nodes::issue(w.server, w.their_key);
    auto forged = token;
    auto& signed_by = forged[forged.size() - 20];
    signed_by = signed_by == 'A' ? 'B' : 'A';
    const auto of_token = [](const std::string& text) { return R"({"token":")" + text + "\"}"; };
    const auto none = R"({"api_key":")" + w.gone_key + "\"}";
    const auto in_batch = [](const std::string& item) {
        return R"({"items":[{"type":"api_key",)" + item.substr(1) + "]}";
    };
    struct {
        std::string path, foreign, unknown;
    } const cases[] = {
        {"/api/v1/auth/verify-api-key", key, none},
        {"/api/v1/auth/generate-token", key, none},
        {"/api/v1/auth/verify-batch", in_batch(key), in_batch(none)},
        {"/api/v1/auth/revoke", key, none},
        {"/api/v1/auth/verify-token", of_token(token), of_token(forged)},
        {"/api/v1/auth/revoke", of_token(token), of_token(forged)},
    };
    for (int again = 0; again < 2; ++again)
        for (const auto& c : cases)
            BOOST_TEST_CONTEXT(c.path) {
                const auto foreign = w.server.ask(post(c.path, c.foreign, by(w.ours)));
                BOOST_TEST(foreign.status == 200);
                BOOST_TEST(foreign.body.find("NOT_FOUND") != std::string::npos);
                BOOST_TEST(without_id(foreign) ==
                           without_id(w.server.ask(post(c.path, c.unknown, by(w.ours)))));
            }
    BOOST_TEST(without_id(w.server.ask(device_as(w.ours, "device-known"))) ==
               without_id(w.server.ask(device_as(w.ours, "device-other"))));
    BOOST_TEST(w.server.ask(verify_as(w.theirs, w.their_key)).json().at("valid").as_bool());
}

// Programs beside it may disturb a run, so three are tried; a difference in the code shows in each.
BOOST_AUTO_TEST_CASE(time_does_not_tell_the_foreign_from_the_unknown) {
    const two_organizations w("[cache]\nnegative_ttl = \"10m\"\n");
    const std::pair<std::string, std::string> pairs[] = {
        {verify_as(w.ours, w.their_key), verify_as(w.ours, w.gone_key)},
        {device_as(w.ours, "device-known"), device_as(w.ours, "device-other")},
    };
    for (const auto& [foreign, unknown] : pairs) {
        for (int i = 0; i < 2; ++i)
            BOOST_TEST(w.server.ask(foreign).body == w.server.ask(unknown).body);
        bool even = false;
        for (int i = 0; i < 3 && !even; ++i)
            even = std::abs(welch_t(w.server, foreign, unknown, 500)) < 4.5;
        BOOST_TEST(even);
    }
}

BOOST_AUTO_TEST_CASE(a_holder_ends_its_credential) {
    two_organizations w;
    BOOST_TEST(w.server.ask(end_of("api_key", "lk_live_no")).body ==
               R"({"revoked":false,"code":"INVALID_FORMAT"})");
    const auto question =
        post("/api/v1/auth/generate-token", R"({"api_key":")" + w.our_key + "\"}");
    BOOST_REQUIRE(w.becomes(question, 200));
    const auto token = w.server.ask(question);
    const auto token_end =
        w.server.ask(end_of("token", std::string(token.json().at("access_token").as_string())));
    BOOST_TEST(token_end.json().at("revoked").as_bool());
    BOOST_TEST(!token_end.json().at("receipt").as_string().empty());
    for (int again = 0; again < 2; ++again) {
        const auto ended = w.server.ask(end_of("api_key", w.our_key));
        BOOST_TEST(ended.status == 200);
        BOOST_TEST(ended.json().at("revoked").as_bool());
        BOOST_TEST(ended.json().at("code").as_string() == "REVOKED");
        // There is nothing to wait for where nothing was ended.
        BOOST_TEST(ended.json().contains("receipt") == (again == 0));
        if (again == 0) {
            const std::string receipt(ended.json().at("receipt").as_string());
            const auto knows = by(w.ours) + "X-Latchkey-Receipt: " + receipt + "\r\n";
            BOOST_TEST(w.server
                           .ask(post("/api/v1/auth/verify-api-key",
                                     R"({"api_key":")" + w.our_key + "\"}", knows))
                           .status == 200);
        }
        BOOST_TEST(w.server.ask(verify_as(w.ours, w.our_key)).json().at("code").as_string() ==
                   "REVOKED");
    }
    BOOST_TEST(w.database.value("select revoked_reason from latchkey.api_keys"
                                " where revoked_at is not null") == "revoked by its holder");
    // To another organization's caller it is no more than before.
    BOOST_TEST(w.server.ask(end_of("api_key", w.our_key, by(w.theirs))).body ==
               R"({"revoked":false,"code":"NOT_FOUND"})");
    BOOST_TEST(w.server.ask(end_of("token", "eyJ.no.token")).json().at("revoked").as_bool() ==
               false);
}

BOOST_AUTO_TEST_CASE(a_listener_that_others_reach_needs_a_word_about_callers) {
    const auto silent = start_in_vain("0.0.0.0:0", "");
    BOOST_TEST(silent.exit_code == 78);
    BOOST_TEST(silent.err.find("\n[auth]\ncallers = \"required\"\n") != std::string::npos);
    // The database is not there: they come as far as that.
    migrated_database database;
    for (const auto* word : {"open", "required"}) {
        server_process server(database.uri(), "", "[auth]\ncallers = \""s + word + "\"\n", {}, {},
                              {.more_places = ", 0.0.0.0:0"});
        BOOST_TEST(server.wait_for("/livez", 200));
    }
    const auto admin = start_in_vain("127.0.0.1:0", "[auth]\ncallers = \"tight\"\n");
    BOOST_TEST(admin.exit_code == 78);
}

BOOST_AUTO_TEST_CASE(a_client_certificate_is_a_caller) {
    const temporary_folder folder;
    const certificate_authority authority;
    authority.write(folder.file("ca.pem"));
    const auto keep = [&](const std::string& name, const char* names) {
        const auto who = authority.issue(names, name.c_str());
        std::ofstream(folder.file(name + ".pem")) << who.certificate_pem();
        std::ofstream(folder.file(name + "-key.pem")) << who.key_pem();
        std::filesystem::permissions(folder.file(name + "-key.pem"), std::filesystem::perms(0600));
    };
    keep("server", "DNS:localhost,IP:127.0.0.1");
    keep("known", "URI:spiffe://test/gateway");
    keep("stranger", "URI:spiffe://test/other");
    server_process server("postgresql:///none?host=/nonexistent", "",
                          required + "[tls]\ncertificate_file = \"" + folder.file("server.pem") +
                              "\"\nkey_file = \"" + folder.file("server-key.pem") +
                              "\"\nclient_certificates = \"optional\"\nclient_ca_file = \"" +
                              folder.file("ca.pem") +
                              "\"\n[[callers]]\ncertificate = \"spiffe://test/gateway\"\n"
                              "scopes = \"latchkey:metrics\"\n");
    const auto status_for = [&](const std::string& who, const std::string& path) {
        std::vector<std::string> words = {"/usr/bin/curl",
                                          "-s",
                                          "--retry",
                                          "40",
                                          "--retry-delay",
                                          "0",
                                          "--retry-connrefused",
                                          "--retry-max-time",
                                          "20",
                                          "-o",
                                          "/dev/null",
                                          "-w",
                                          "%{http_code}",
                                          "--cacert",
                                          folder.file("ca.pem"),
                                          "https://localhost:" + std::to_string(server.port()) +
                                              path};
        if (!who.empty())
            for (const auto& word :
                 {"--cert"s, folder.file(who + ".pem"), "--key"s, folder.file(who + "-key.pem")})
                words.push_back(word);
        return run(words).out;
    };
    BOOST_TEST(status_for("", "/livez") == "200");
    BOOST_TEST(status_for("", "/metrics") == "401");
    BOOST_TEST(status_for("stranger", "/metrics") == "401");
    BOOST_TEST(status_for("known", "/metrics") == "200");
}

BOOST_AUTO_TEST_CASE(a_unix_listener_gives_what_is_configured) {
    migrated_database database;
    for (const bool given : {false, true}) {
        const temporary_folder folder;
        const auto path = folder.file("open.sock");
        const auto entry =
            "[[callers]]\nunix_listener = \"unix:" + path + "\"\nscopes = \"latchkey:metrics\"\n";
        server_process server(database.uri(), "", required + (given ? entry : ""), {}, {},
                              {.more_places = ", unix:" + path});
        BOOST_REQUIRE(server.wait_for("/livez", 200));
        BOOST_TEST(client(path).ask(get("/metrics")).status == (given ? 200 : 401));
        BOOST_TEST(client(server.api_socket()).ask(get("/metrics")).status == 401);
        BOOST_TEST(server.ask(get("/metrics")).status == 401);
    }
}

BOOST_AUTO_TEST_SUITE_END()
