// Whether the metadata says that tokens are bound to certificates: only where a client can show
// one.
#include "../support/certificates.hpp"
#include "support_gateway.hpp"

#include <boost/json/parse.hpp>

#include <filesystem>
#include <fstream>

using namespace latchkey::test;

namespace {

struct node_with_certificate {
    node_with_certificate() {
        authority.write(folder.file("ca.pem"));
        const auto shown = authority.issue("DNS:localhost,IP:127.0.0.1", "server");
        std::ofstream(folder.file("server.pem")) << shown.certificate_pem();
        std::ofstream(folder.file("key.pem")) << shown.key_pem();
        std::filesystem::permissions(folder.file("key.pem"), std::filesystem::perms(0600));
    }
    // Sections that let the node speak TLS.
    std::string with_tls(const std::string& more) const {
        return "[tls]\ncertificate_file = \"" + folder.file("server.pem") + "\"\nkey_file = \"" +
               folder.file("key.pem") + "\"\n" + more;
    }
    std::string asking(const std::string& how) const {
        return with_tls("client_ca_file = \"" + folder.file("ca.pem") +
                        "\"\nclient_certificates = \"" + how + "\"\n");
    }
    std::string place() const { return folder.file("api.sock"); }
    child_process start(const std::string& listen, const std::string& sections) const {
        std::ofstream(folder.file("latchkey.toml"))
            << "[server]\nlisten = \"" << listen << "\"\n[admin]\nsocket = \""
            << folder.file("admin.sock")
            << "\"\n[database]\nuri = \"postgresql:///none?host=/nonexistent\"\n"
               "[tokens]\nissuer = \"https://a.example\"\n"
            << sections;
        return {{latchkey_binary(), "serve", "--config", folder.file("latchkey.toml")},
                folder.file("output")};
    }
    // The document as the unix socket tells it, over TLS or without.
    std::string told(bool secured, const std::string& name) const {
        const auto url =
            std::string(secured ? "https" : "http") + "://localhost/.well-known/" + name;
        std::string body;
        soon([&] {
            body = run({"/usr/bin/curl", "-s", "--cacert", folder.file("ca.pem"), "--unix-socket",
                        place(), url})
                       .out;
            return !body.empty();
        });
        return body;
    }

    const temporary_folder folder;
    const certificate_authority authority;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(oauth_certificates, node_with_certificate)

BOOST_AUTO_TEST_CASE(bound_tokens_are_told_of_where_a_client_can_show_a_certificate) {
    const reserved_port port;
    const auto by_unix = "unix:" + place();
    const auto by_both = "127.0.0.1:" + std::to_string(port.number()) + ", " + by_unix;
    const struct {
        const char* what;
        std::string listen, sections;
        bool secured, binds;
    } table[] = {
        {"plain HTTP", by_both, "", false, false},
        {"TLS", by_both, with_tls(""), false, false},
        {"TLS that asks", by_both, asking("optional"), false, true},
        {"TLS that demands", by_both, asking("required"), false, true},
        {"TLS that asks, and no listener that speaks it", by_unix, asking("optional"), false,
         false},
        {"TLS that asks on unix sockets", by_unix, asking("optional") + "unix_sockets = true\n",
         true, true},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto node = start(row.listen, row.sections);
            const auto body = told(row.secured, "oauth-authorization-server");
            BOOST_REQUIRE_MESSAGE(!body.empty(), node.log());
            BOOST_TEST(boost::json::parse(body).at("tls_client_certificate_bound_access_tokens") ==
                       row.binds);
        }
}

BOOST_AUTO_TEST_SUITE_END()
