// Apache with mod_oauth2 of Debian and the shipped configuration: it introspects Bearer tokens.
#include "gateway_files.hpp"
#include "issuing_nodes.hpp"
#include "shown_certificates.hpp"

#include <boost/json/parse.hpp>

#include <filesystem>

using namespace latchkey::test;

namespace {

struct asking_key {
    std::string id = "nobody", secret = "no-key";
};

// Keeps what was told for as long as the module does by itself.
enum class keeping { as_shipped, by_default };

std::string protect(const gateway_order& order, const std::string& place,
                    const std::string& demand) {
    return "<Location \"" + place + "\">\nInclude " + order.file("latchkey-oauth2.conf") +
           "\n<RequireAll>\n" + demand + "</RequireAll>\n</Location>\n";
}

// The demand that stands in the file's comment.
std::string shipped_demand() {
    auto demand = shipped_file("apache/latchkey-oauth2.conf")
                      .replace("org_acme", "ours")
                      .lines_behind("#             Require valid-user", "#             ");
    BOOST_REQUIRE(demand.find("Require expr") != demand.npos);
    return demand;
}

std::string load(std::initializer_list<const char*> modules) {
    std::string out;
    for (const std::string name : modules)
        out += "LoadModule " + name + "_module /usr/lib/apache2/modules/mod_" + name + ".so\n";
    return out;
}

struct apache_terms {
    asking_key asker{};
    keeping keeps = keeping::as_shipped;
    int tls_port = 0;           ///< 0: none. Clients are asked for a certificate there
    std::string certificates{}; ///< of TLS: a folder with ca.pem, server.pem, server-key.pem
};

std::string host_at(const gateway_order& order, int port, const std::string& more) {
    return "Listen 127.0.0.1:" + std::to_string(port) +
           "\n<VirtualHost 127.0.0.1:" + std::to_string(port) + ">\n" + more + "Include " +
           order.file("latchkey-vhost.conf") + '\n' +
           protect(order, "/any", "Require valid-user\n") +
           protect(order, "/devices", shipped_demand()) +
           "ProxyPreserveHost On\nProxyPass / http://127.0.0.1:" +
           std::to_string(order.upstream_port) + "/ upgrade=websocket\n</VirtualHost>\n";
}

std::string tls_host(const gateway_order& order, const apache_terms& terms) {
    if (terms.tls_port == 0) return {};
    const auto file = [&](const std::string& name) { return terms.certificates + name + ".pem\n"; };
    return load({"ssl"}) +
           host_at(order, terms.tls_port,
                   "SSLEngine on\nSSLCertificateFile " + file("server") + "SSLCertificateKeyFile " +
                       file("server-key") + "SSLVerifyClient optional\nSSLCACertificateFile " +
                       file("ca"));
}

std::vector<std::string> configure(const gateway_order& order, const apache_terms& terms) {
    shipped_file place("apache/latchkey-oauth2.conf");
    place.replace("127.0.0.1:8080", "127.0.0.1:" + std::to_string(order.latchkey_port))
        .replace("client_id=KEY_ID", "client_id=" + terms.asker.id)
        .replace("client_secret=API_KEY", "client_secret=" + terms.asker.secret);
    if (terms.keeps == keeping::by_default) place.replace("&expiry=0", "");
    place.write(order.file("latchkey-oauth2.conf"));
    shipped_file("apache/latchkey-vhost.conf").write(order.file("latchkey-vhost.conf"));
    std::ofstream(order.file("apache.conf"))
        << "ServerRoot " << order.folder << "\nServerName localhost\nPidFile " << order.file("pid")
        << "\nErrorLog /dev/stderr\nLogLevel trace1\nMutex posixsem\nDefaultRuntimeDir "
        << order.folder << '\n'
        << load({"mpm_event", "authn_core", "authz_core", "authz_user", "headers", "setenvif",
                 "proxy", "proxy_http", "oauth2"})
        << "StartServers 1\nServerLimit 1\nThreadsPerChild 4\nThreadLimit 4\n"
           "MinSpareThreads 1\nMaxSpareThreads 4\nMaxRequestWorkers 4\n"
           "LimitRequestFieldSize 32768\nUser www-data\nGroup www-data\n"
        << host_at(order, order.port, "") << tls_host(order, terms);
    const std::filesystem::path folder(order.folder);
    for (const auto& path : {folder.parent_path(), folder})
        std::filesystem::permissions(path, std::filesystem::perms(0755));
    return {"/usr/sbin/apache2",       "-d",          order.folder, "-f",
            order.file("apache.conf"), "-DFOREGROUND"};
}

gateway_kind apache(const apache_terms& terms = {}) {
    return {.configure = [=](const gateway_order& order) { return configure(order, terms); }};
}

struct introspecting_site : gateway_site {
    introspecting_site() : gateway_site(apache()) { start_gateway(apache({.asker = made()})); }

    /// A new key of ours.
    asking_key made(const std::string& scopes = "latchkey:introspect") const {
        const auto done = latchkey->command({"key", "create", "--organization", "ours", "--name",
                                             "n", "--scopes", scopes, "--json"});
        const auto fields = boost::json::parse(done.out).as_object();
        return {std::string(fields.at("key_id").as_string()),
                std::string(fields.at("api_key").as_string())};
    }
    void revoke(const asking_key& key) const {
        const auto done = latchkey->command({"key", "revoke", key.id, "--wait", "all"});
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    }
    /// Asks until a busy machine's Latchkey has decided in time, of which the module says 401, too.
    answer passing(std::string_view target, const std::string& fields) const {
        answer a;
        soon([&] {
            a = ask_for(target, fields);
            return a.status != 401;
        });
        return a;
    }
    answer refused(int status, const std::string& bytes) const {
        const auto before = upstream.count();
        auto a = ask(bytes);
        BOOST_TEST(a.status == status, a.head);
        BOOST_TEST(upstream.count() == before);
        return a;
    }
    /// What the upstream got for a good question.
    std::string got(const char* name) const { return upstream.last().as_cgi(name); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(gateway_apache_oauth2, introspecting_site)

BOOST_AUTO_TEST_CASE(good_ones_pass_and_the_upstream_hears_who_they_are) {
    BOOST_TEST(passing("/devices/x?y=1", bearer(our_key)).status == 200);
    BOOST_TEST(upstream.last().target == "/devices/x?y=1");
    BOOST_TEST(got("X_LATCHKEY_KIND") == "api_key");
    BOOST_TEST(got("X_LATCHKEY_SUBJECT") == our_key_id);
    BOOST_TEST(got("X_LATCHKEY_ORGANIZATION") == "ours");
    BOOST_TEST(got("X_LATCHKEY_SCOPES") == "devices:read devices:write");
    BOOST_TEST(got("X_LATCHKEY_ISSUER") == "-");
    BOOST_TEST(passing("/devices/x", bearer(our_token)).status == 200);
    BOOST_TEST(got("X_LATCHKEY_KIND") == "token");
    BOOST_TEST(got("X_LATCHKEY_SUBJECT") == our_key_id);
    BOOST_TEST(got("X_LATCHKEY_ISSUER") == "latchkey");
    BOOST_TEST(passing("/any/x", bearer(weak_key)).status == 200);
    BOOST_TEST(got("X_LATCHKEY_SCOPES") == "-");
    refused(403, get("/devices/x", bearer(weak_key)));
    const auto elsewhere = issuing_nodes::issue(*latchkey, our_key, R"(,"audience":"elsewhere")");
    BOOST_TEST(passing("/any/x", bearer(elsewhere)).status == 200);
    refused(403, get("/devices/x", bearer(elsewhere)));
    BOOST_TEST(ask_for("/open/x").status == 200);
    BOOST_TEST(got("X_LATCHKEY_KIND") == "(none)");
}

BOOST_AUTO_TEST_CASE(forged_fields_do_not_pass) {
    std::string forged;
    for (const std::string of :
         {"Kind", "Subject", "Organization", "Issuer", "Scopes", "Token", "Code", "Key", "Receipt"})
        for (const std::string name : {"X-Latchkey-", "x_latchkey_", "X.Latchkey.", "X-LATCHKEY_"})
            forged += name + of + ": forged\r\n";
    for (const auto* path : {"/any/x", "/open/x"}) {
        BOOST_TEST(passing(path, forged + bearer(weak_key)).status == 200);
        for (const auto& [name, value] : upstream.last().fields)
            BOOST_TEST(value != "forged", name);
    }
    BOOST_TEST(passing("/any/x", "LATCHKEY_sub: forged\r\n" + x_api_key(our_key) + bearer(weak_key))
                   .status == 200);
    BOOST_TEST(got("X_LATCHKEY_SUBJECT") != "forged");
    BOOST_TEST(got("X_API_KEY") == "(none)");
    BOOST_TEST(
        passing("/any/x", "Connection: X-Latchkey-Subject, X-Latchkey-Kind\r\n" + bearer(our_key))
            .status == 200);
    BOOST_TEST(got("X_LATCHKEY_SUBJECT") == our_key_id);
}

BOOST_AUTO_TEST_CASE(only_websocket_is_upgraded_to) {
    BOOST_REQUIRE(passing("/any/x", bearer(our_key)).status == 200);
    const std::string socket = "Connection: Upgrade, X-Latchkey-Subject\r\nUpgrade: websocket\r\n"
                               "Sec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    BOOST_TEST(ask_for("/any/x", bearer(our_key) + socket).status == 101);
    BOOST_TEST(got("X_LATCHKEY_SUBJECT") == our_key_id);
    refused(401, get("/any/x", socket));
    const auto other = "Connection: Upgrade\r\nUpgrade: h2c\r\n" + bearer(our_key);
    BOOST_TEST(ask_for("/any/x", other).status == 200);
    BOOST_TEST(got("UPGRADE") == "(none)");
}

BOOST_AUTO_TEST_CASE(whatever_is_inactive_is_401) {
    // It works, so that what follows is not refused for another reason.
    BOOST_REQUIRE(passing("/any/x", bearer(our_key)).status == 200);
    const struct {
        const char* what;
        std::string fields;
    } table[] = {
        {"nothing", ""},
        {"unknown", bearer(unknown_key)},
        {"misshapen", bearer("x")},
        {"empty", bearer("")},
        {"a forged token", bearer(our_token + "x")},
        {"another organization's", bearer(their_key)},
        {"bound to another address", bearer(bound_key)},
        {"in X-API-Key", x_api_key(our_key)},
        {"in Basic", basic("door", device_secret)},
        {"in Basic as a client", basic(our_key_id, our_key)},
        {"in a cookie", "Cookie: access_token=" + our_token + "\r\n"},
        {"twice", bearer(our_key) + bearer(our_key)},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto a = refused(401, get("/any/x", row.fields));
            BOOST_TEST(a.field("WWW-Authenticate").starts_with("Bearer realm=\"latchkey\""));
        }
    refused(401, get("/any/x?access_token=" + our_token));
    const auto form = "access_token=" + our_token;
    refused(401, "POST /any/x HTTP/1.1\r\nHost: a\r\nContent-Type: "
                 "application/x-www-form-urlencoded\r\nContent-Length: " +
                     std::to_string(form.size()) + "\r\n\r\n" + form);
    kill_latchkey();
    refused(401, get("/any/x", bearer(our_key)));
}

BOOST_AUTO_TEST_CASE(a_revoked_one_is_refused_at_once) {
    const auto key = made("devices:read");
    const auto token = issuing_nodes::issue(*latchkey, key.secret);
    for (int i = 0; i < 3; ++i)
        for (const auto& credential : {key.secret, token})
            BOOST_TEST(passing("/devices/x", bearer(credential)).status == 200);
    revoke(key);
    for (const auto& credential : {key.secret, token})
        refused(401, get("/devices/x", bearer(credential)));
}

// Why the configuration says how long.
BOOST_AUTO_TEST_CASE(by_itself_the_module_keeps_what_it_was_told) {
    start_gateway(apache({.asker = made(), .keeps = keeping::by_default}));
    const auto key = made("devices:read");
    BOOST_TEST(passing("/devices/x", bearer(key.secret)).status == 200);
    revoke(key);
    BOOST_TEST(ask_for("/devices/x", bearer(key.secret)).status == 200);
}

// A node that speaks TLS has bound it to the certificate that curl has shown.
BOOST_AUTO_TEST_CASE(a_bound_token_passes_with_its_certificate_alone) {
    const certificate_authority ca;
    ca.write(folder.file("ca.pem"));
    for (const auto* name : {"server", "client", "stranger"})
        keep_certificate(folder, ca, name, "DNS:localhost,IP:127.0.0.1");
    const auto curl = [&](int port, const std::string& shown, const std::string& words) {
        const auto with = shown.empty() ? ""
                                        : " --cert " + folder.file(shown + ".pem") + " --key " +
                                              folder.file(shown + "-key.pem");
        return run({"/bin/bash", "-c",
                    "curl -s --cacert " + folder.file("ca.pem") + with +
                        " https://localhost:" + std::to_string(port) + words})
            .out;
    };
    const server_process node(database.uri(), "",
                              "[tokens]\nkey_encryption_key_file = \"" + folder.file("kek") +
                                  "\"\n" + tls_that_asks(folder, "ca.pem"));
    std::string token;
    soon([&] {
        const auto told = curl(node.port(), "client",
                               "/oauth2/token -d grant_type=client_credentials --user " +
                                   our_key_id + ":" + our_key);
        const auto at = told.find("access_token\":\"");
        if (at == told.npos) return false;
        token = told.substr(at + 15, told.find('"', at + 15) - at - 15);
        return true;
    });
    BOOST_REQUIRE(!token.empty());
    const reserved_port port;
    start_gateway(
        apache({.asker = made(), .tls_port = port.number(), .certificates = folder.file("")}));
    const auto status = [&](const std::string& shown, const std::string& credential) {
        return curl(port.number(), shown,
                    "/any/x -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer " +
                        credential + "'");
    };
    BOOST_TEST(soon([&] { return status("client", token) == "200"; }));
    BOOST_TEST(status("stranger", token) == "401");
    BOOST_TEST(status("", token) == "401");
    refused(401, get("/any/x", bearer(token)));
    BOOST_TEST(soon([&] { return status("", our_token) == "200"; }));
}

BOOST_AUTO_TEST_CASE(the_log_has_no_secret) {
    const auto asker = made();
    start_gateway(apache({.asker = asker}));
    BOOST_TEST(passing("/any/x", bearer(our_key)).status == 200);
    refused(401, get("/any/x", bearer("a-canary-of-nobody")));
    const auto log = gateway->log();
    for (const auto& secret : {our_key, asker.secret, std::string("a-canary-of-nobody")})
        BOOST_TEST(log.find(secret) == log.npos);
}

BOOST_AUTO_TEST_SUITE_END()
