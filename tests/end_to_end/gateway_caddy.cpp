// Caddy with the shipped configuration.
#include "gateway_files.hpp"

using namespace latchkey::test;

namespace {

std::string place(const std::string& path, const std::string& lines) {
    const auto name = "@" + path;
    return name + " path /" + path + " /" + path + "/*\nhandle " + name + " {\n" + lines +
           "reverse_proxy {$UPSTREAM}\n}\n";
}
std::string protect(const std::string& path, const std::string& demand) {
    return place(path, "import latchkey \"" + demand + "\"\n");
}

// What a site of the test's Caddyfile has.
std::string places() {
    return "import latchkey_site\n" + protect("devices", "scope=devices:read&organization=ours") +
           protect("any", "any") + protect("token", "token=1") + protect("named", "@read") +
           protect("unknown", "@other") + place("nothing", "import latchkey\n") +
           "handle {\nreverse_proxy {$UPSTREAM}\n}\n";
}

// The demand stands beside what Caddy would sort before a handler of its own, and after that.
std::string whole_site() {
    const std::string to_upstream = "{\nreverse_proxy {$UPSTREAM}\n}\n";
    return "handle /open/* {\nrespond 200\n}\nhandle {\nhandle /handle/* " + to_upstream +
           "handle_path /handle_path/* " + to_upstream + "route /route/* " + to_upstream +
           "reverse_proxy /plain/* {$UPSTREAM}\n" +
           "import latchkey \"organization=ours\"\nimport latchkey_site\n"
           "respond /respond/* \"responded\"\n}\n";
}

std::string server(int port, const std::string& site) {
    return "http://:" + std::to_string(port) + " {\nbind 127.0.0.1\n" + site + "}\n";
}

void write_configuration(const gateway_order& order, const std::string& site, int port_of_2) {
    shipped_file shipped("caddy/latchkey.caddy");
    shipped.replace("response_header_timeout 4s", "response_header_timeout 500ms"); // for the test
    if (!order.authority_file.empty())
        shipped.replace("# tls_trusted_ca_certs /etc/caddy/authority.pem",
                        "tls_trusted_ca_certs " + order.authority_file);
    shipped.write(order.file("latchkey.caddy"));
    if (!order.caller_key.empty())
        write_file(order.file("latchkey-key.caddy"),
                   "header_up X-Latchkey-Key " + order.caller_key + "\n");
    // A server that speaks HTTP/2 without TLS also takes upgrades to it, itself.
    const auto http_2 =
        "servers 127.0.0.1:" + std::to_string(port_of_2) + " {\nprotocols h1 h2c\n}\n";
    auto own = "{\nadmin off\nauto_https off\n" + (port_of_2 ? http_2 : "") +
               "}\nimport latchkey.caddy\n" + server(order.port, site);
    if (port_of_2 != 0) own += server(port_of_2, site);
    write_file(order.file("Caddyfile"), own);
}

gateway_kind caddy(const std::string& site = places(), int port_of_2 = 0) {
    const auto configure = [=](const gateway_order& order) -> std::vector<std::string> {
        write_configuration(order, site, port_of_2);
        const auto port = std::to_string(order.latchkey_port);
        const bool secured = !order.authority_file.empty();
        return {"/usr/bin/env",
                "HOME=" + order.folder,
                "XDG_CONFIG_HOME=" + order.folder,
                "XDG_DATA_HOME=" + order.folder,
                "LATCHKEY_URL=" +
                    (secured ? "https://localhost:" + port : "http://127.0.0.1:" + port),
                "LATCHKEY_INTERNAL=unix/@latchkey-" + std::to_string(order.port),
                "UPSTREAM=127.0.0.1:" + std::to_string(order.upstream_port),
                "/usr/bin/caddy",
                "run",
                "--config",
                order.file("Caddyfile")};
    };
    return {.configure = configure};
}

/// Latchkey, the upstream and the credentials; some cases start a Caddy of their own.
struct one_site {
    static inline std::optional<gateway_site> site;
    static void set_up() { site.emplace(caddy(), site_options{.toml = policy_read}); }
    static void take_down() { site.reset(); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(gateway_caddy,
                      *boost::unit_test::fixture(&one_site::set_up, &one_site::take_down))

BOOST_AUTO_TEST_CASE(it_does_what_all_gateways_do) {
    auto& site = *one_site::site;
    run_all(scenarios_of_credentials(), site);
    run_all(scenarios_of_requests(), site);
    dots_are_no_way_to_forge(site);
    an_address_cannot_be_left_out(site);
    only_websocket_upgrades(site);
    policies_are_demanded_by_name(site);
    odd_requests_are_asked_about(site, 20'000);
    run_all(scenarios_of_faults(), site);
    another_programs_200_lets_nobody_pass(site);
    only_a_whole_answer_counts(site);
}

BOOST_AUTO_TEST_CASE(a_whole_site_is_protected_whatever_stands_in_it) {
    auto& site = *one_site::site;
    site.start_gateway(caddy(whole_site()));
    for (const auto* path : {"handle", "handle_path", "route", "plain", "respond"})
        BOOST_TEST_CONTEXT(path) {
            const auto target = "/" + std::string(path) + "/x";
            const auto before = site.upstream.count();
            BOOST_TEST(site.decided_for(target).status == 401);
            BOOST_TEST(site.decided_for(target, site.bearer(site.their_key)).status == 403);
            BOOST_TEST(site.upstream.count() == before);
            BOOST_TEST(site.decided_for(target, site.bearer(site.weak_key)).status == 200);
            if (target == "/respond/x") continue;
            BOOST_TEST(site.upstream.count() == before + 1);
            BOOST_TEST(site.upstream.last().as_cgi("X_LATCHKEY_ORGANIZATION") == "ours");
        }
}

BOOST_AUTO_TEST_CASE(a_protected_place_refuses_for_itself) {
    auto& site = *one_site::site;
    site.start_gateway(
        caddy(protect("devices", "any") + "handle {\nreverse_proxy {$UPSTREAM}\n}\n"));
    a_place_refuses_for_itself(site);
}

BOOST_AUTO_TEST_CASE(http_2_is_no_other_way_in) {
    const reserved_port port;
    one_site::site->start_gateway(caddy(places(), port.number()));
    http_2_is_no_other_way(*one_site::site, port.number());
}

BOOST_AUTO_TEST_CASE(it_speaks_tls_to_latchkey_and_is_a_caller) {
    gateway_site site(caddy(), {.secured = true, .callers_required = true});
    tls_connections_are_kept(site);
    run_all(scenarios_of_callers(), site);
}

BOOST_AUTO_TEST_SUITE_END()
