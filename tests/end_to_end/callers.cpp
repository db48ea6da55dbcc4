// Callers on the public listener: keys, certificates and unix sockets; what one of one organization
// learns of another's credentials; credentials that their holders end.
#include "shown_certificates.hpp"
#include "two_organizations.hpp"

#include <boost/json/array.hpp>

#include <csignal>
#include <fstream>

using namespace latchkey::test;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

const std::string required = "[auth]\ncallers = \"required\"\n";

std::string verify_as(const std::string& caller, const std::string& key) {
    return post("/api/v1/auth/verify-api-key", R"({"api_key":")" + key + "\"}", by(caller));
}
std::string end_of(const std::string& what, const std::string& credential,
                   const std::string& fields = {}) {
    return post("/api/v1/auth/revoke", R"({")" + what + R"(":")" + credential + "\"}", fields);
}
// The answer without what every answer has for itself.
std::string without_id(const answer& a) {
    auto text = a.head + a.body;
    for (const auto* field : {"X-Request-Id: ", "Date: "})
        if (const auto at = text.find(field); at != text.npos)
            text.erase(at, text.find("\r\n", at) - at);
    return text;
}

// The caller `ours` learns nothing: neither by the first answer nor by what comes from the cache.
void learns_nothing(const two_organizations& w, const foreign_question& q) {
    for (const char* terms : {"", "", "Cache-Control: no-cache\r\n", "Cache-Control: no-store\r\n"})
        BOOST_TEST_CONTEXT(q.name << ' ' << terms) {
            const auto fields = by(w.ours) + terms;
            const auto foreign = w.server.ask(post(q.path, q.foreign, fields));
            BOOST_TEST(foreign.status == 200);
            const bool told = foreign.body.find("NOT_FOUND") != std::string::npos ||
                              foreign.body.find("INVALID_CREDENTIALS") != std::string::npos;
            BOOST_TEST(told, foreign.body);
            BOOST_TEST(without_id(foreign) ==
                       without_id(w.server.ask(post(q.path, q.unknown, fields))));
        }
}
// There are tokens: generate-token judges credentials.
bool has_signing_key(const two_organizations& w) {
    return !issuing_nodes::issue(w.server, w.their_key).empty();
}
std::vector<foreign_question> with(std::vector<foreign_question> all, const std::string& more) {
    for (auto& q : all)
        for (auto* body : {&q.foreign, &q.unknown})
            body->insert(body->find('}'), more);
    return all;
}

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

BOOST_AUTO_TEST_CASE(anothers_keys_are_as_unknown_ones) {
    two_organizations w;
    const auto keys = std::vector{
        std::pair{"good"s, w.their_key},
        {"with a list", w.server.create_key("theirs", {"--allowed-ips", "203.0.113.0/24"})},
        {"expired", w.server.create_key("theirs")},
        {"disabled", w.server.create_key("theirs")},
        {"revoked", w.server.create_key("theirs")},
        {"used up", w.server.create_key("theirs", {"--rate-limit", "1/1h"})}};
    const auto update = [&](const std::string& key, const char* what) {
        w.database.exec("update latchkey.api_keys set " + std::string(what) +
                        whose_hash_is_of(key));
    };
    update(keys[2].second, "expires_at = now() - interval '1 d'");
    update(keys[3].second, "enabled = false");
    update(keys[4].second, "revoked_at = now()");
    const auto until = [&](const std::string& key, const char* code) {
        BOOST_TEST(soon([&] { return code_of(w.server.ask(verify_as(w.theirs, key))) == code; }),
                   code);
    };
    until(keys[2].second, "EXPIRED");
    until(keys[3].second, "DISABLED");
    until(keys[4].second, "REVOKED");
    until(keys[5].second, "RATE_LIMITED");
    BOOST_REQUIRE(has_signing_key(w));
    for (const auto& [state, key] : keys)
        BOOST_TEST_CONTEXT(state) {
            for (const auto& q : w.about_key(key))
                learns_nothing(w, q);
        }
    for (const auto* more : {R"(,"scopes":["none"])", R"(,"ip":"192.0.2.1")"})
        for (const auto& q : with(w.about_key(w.their_key), more))
            if (q.name != "revoke") learns_nothing(w, q);
    BOOST_TEST(w.server.ask(verify_as(w.theirs, w.their_key)).json().at("valid").as_bool());
}

BOOST_AUTO_TEST_CASE(anothers_devices_are_as_unknown_ones) {
    two_organizations w;
    const auto off = w.register_device("device-off");
    w.database.exec("update public.device_credentials set status = 'off'"
                    " where device_id = 'device-off'");
    w.database.exec("insert into public.device_credentials (device_id, device_secret,"
                    " organization_id, status) values ('device-slow', 'scrypt:ln=15,r=8,p=1$" +
                    std::string(22, 'A') + "$" + std::string(43, 'A') + "', 'theirs', 'active')");
    BOOST_REQUIRE(has_signing_key(w));
    const std::string wrong = "lkd_0000000000000000000000000000000000000";
    const std::pair<std::string, std::string> devices[] = {{w.their_device_id, w.their_secret},
                                                           {w.their_device_id, wrong},
                                                           {"device-off", off},
                                                           {"device-slow", wrong}};
    for (const auto& [id, secret] : devices)
        BOOST_TEST_CONTEXT(id << ' ' << (secret == wrong ? "by a wrong secret" : "")) {
            for (const auto& q : w.about_device(id, secret))
                learns_nothing(w, q);
        }
    for (const auto& q :
         with(w.about_device(w.their_device_id, w.their_secret), R"(,"scopes":["none"])"))
        learns_nothing(w, q);
    BOOST_TEST(w.server
                   .ask(post("/api/v1/auth/authenticate-device",
                             claim(w.their_device_id, w.their_secret), by(w.theirs)))
                   .json()
                   .at("valid")
                   .as_bool());
}

BOOST_AUTO_TEST_CASE(anothers_tokens_are_as_unknown_ones) {
    const two_organizations w;
    const auto token = issuing_nodes::issue(w.server, w.their_key);
    auto forged = token;
    auto& signed_by = forged[forged.size() - 20];
    signed_by = signed_by == 'A' ? 'B' : 'A';
    const auto of_another_issuer = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJub25lIn0." + // {"iss":"none"}
                                   token.substr(token.rfind('.') + 1);
    for (const auto& unknown : {forged, of_another_issuer, "no token"s})
        for (const auto& q : w.about_token(token, unknown))
            learns_nothing(w, q);
    for (const auto* more : {R"(,"scopes":["none"])", R"(,"audience":"none")"})
        for (const auto& q : with(w.about_token(token, forged), more))
            if (q.name != "revoke") learns_nothing(w, q);
    // Revoked, it is still theirs.
    BOOST_TEST(w.server.ask(end_of("token", token, by(w.theirs))).json().at("revoked").as_bool());
    for (const auto& q : w.about_token(token, forged))
        learns_nothing(w, q);
}

BOOST_AUTO_TEST_CASE(what_is_foreign_uses_up_no_limit_and_counts_no_use) {
    const auto policy = [](const std::string& counts, int quantity) {
        return "[[rate_limit.policies]]\nname = \"" + counts + "\"\ncounts = \"" + counts +
               "\"\nquantity = " + std::to_string(quantity) + "\nwindow = \"1d\"\n";
    };
    two_organizations w(policy("api_key", 6) + policy("device", 6) + policy("organization", 100) +
                        "[use]\nflush_interval = \"1h\"\n");
    const auto limited = w.server.create_key("theirs", {"--rate-limit", "5/1d"});
    const auto token = issuing_nodes::issue(w.server, w.their_key);
    for (const auto& all : {w.about_key(limited), w.about_device(w.their_device_id, w.their_secret),
                            w.about_token(token, token)})
        for (const auto& q : all)
            for (const std::string terms : {"", "", "", "Cache-Control: no-cache\r\n"}) {
                // Where `ours` has asked too often about one of them, it is told nothing either.
                const auto status =
                    w.server.ask(post(q.path, q.foreign, by(w.ours) + terms)).status;
                BOOST_TEST((status == 200 || status == 429), q.name << ' ' << status);
            }

    const auto ask = [&](const char* path, const std::string& body) {
        return w.server.ask(post("/api/v1/auth/" + std::string(path), body, by(w.theirs)));
    };
    const auto of_token = ask("verify-token", token_field(token));
    BOOST_TEST(code_of(of_token) == "VALID");
    // The token's own making was the other one.
    BOOST_TEST(of_token.field("RateLimit").starts_with("\"organization\";r=98;"),
               of_token.field("RateLimit"));
    for (const auto* code : {"VALID", "VALID", "VALID", "VALID", "VALID", "RATE_LIMITED", "429"})
        BOOST_TEST(code_of(ask("verify-api-key", question_of(limited))) == code);
    for (const auto* code : {"VALID", "VALID", "VALID", "VALID", "VALID", "VALID", "429"})
        BOOST_TEST(code_of(ask("authenticate-device", claim(w.their_device_id, w.their_secret))) ==
                   code);

    w.server.signal(SIGTERM);
    BOOST_TEST(w.server.wait_for_exit() == 0);
    const auto uses = [&](const std::string& whose) {
        return w.database.value(
            "select coalesce(sum(uses), 0) from latchkey.credential_use where " + whose);
    };
    BOOST_TEST(uses("kind = 'api_key' and credential_id = (select key_id from latchkey.api_keys" +
                    whose_hash_is_of(limited) + ")") == "5");
    BOOST_TEST(uses("kind = 'device'") == "6");
    BOOST_TEST(uses("kind = 'token'") == "1");
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
    keep_certificate(folder, authority, "server", "DNS:localhost,IP:127.0.0.1");
    keep_certificate(folder, authority, "known", "URI:spiffe://test/gateway");
    keep_certificate(folder, authority, "stranger", "URI:spiffe://test/other");
    server_process server("postgresql:///none?host=/nonexistent", "",
                          required + tls_that_asks(folder, "ca.pem") +
                              "[[callers]]\ncertificate = \"spiffe://test/gateway\"\n"
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
