// HAProxy with the shipped configuration.
#include "gateway_files.hpp"

using namespace latchkey::test;

namespace {

using change = std::function<void(shipped_file&)>; // of the script

// The three lines of a place, as the comment in latchkey.cfg has them.
std::string backend(const std::string& name, const std::string& demand) {
    return "backend " + name +
           "\nhttp-request set-var(txn.latchkey) str(asked)\nhttp-request lua.latchkey " + demand +
           "\nhttp-request deny deny_status 503 unless { var(txn.latchkey) -m str passed }\n"
           "server upstream \"${UPSTREAM}\"\n";
}

// `is_bare`: the operator has forgotten the lines for frontends.
std::string frontend(const gateway_order& order, int port_of_2, bool is_bare) {
    std::string out = "frontend clients\nbind 127.0.0.1:" + std::to_string(order.port) + "\n";
    if (port_of_2 != 0) out += "bind 127.0.0.1:" + std::to_string(port_of_2) + " proto h2\n";
    if (!is_bare)
        out += shipped_file("haproxy/latchkey.cfg").lines_behind("In each frontend", "#     ");
    for (const auto* name : {"devices", "any", "token", "named", "unknown", "nothing"})
        out += std::string("use_backend ") + name + " if { path,url_dec -m reg ^/+" + name +
               "(/|$) }\n";
    return out + "default_backend open\n";
}

void write_configuration(const gateway_order& order, const change& of_script, int port_of_2,
                         bool is_bare) {
    shipped_file script("haproxy/latchkey.lua");
    if (of_script) of_script(script);
    script.write(order.file("latchkey.lua"));
    shipped_file shipped("haproxy/latchkey.cfg");
    shipped.replace("/etc/haproxy/latchkey.lua", order.file("latchkey.lua"));
    // For the test's sake. HAProxy waits for the shorter of 1 s and the first before it tries
    // again.
    shipped.replace("timeout connect 1s", "timeout connect 300ms");
    shipped.replace("timeout server 4s", "timeout server 500ms");
    if (!order.authority_file.empty())
        shipped.replace("-127.0.0.1:8080}\"", "}\" ssl verify required ca-file " +
                                                  order.authority_file +
                                                  " sni str(localhost) verifyhost localhost");
    shipped.write(order.file("latchkey.cfg"));
    if (!order.caller_key.empty()) write_file(order.file("key"), order.caller_key + "\n");
    write_file(order.file("haproxy.cfg"),
               "global\nnbthread 2\ndefaults\nmode http\ntimeout connect 5s\ntimeout client 60s\n"
               "timeout server 60s\ntimeout tunnel 60s\n" +
                   frontend(order, port_of_2, is_bare) +
                   backend("devices", "scope=devices:read&organization=ours") +
                   backend("any", "any") + backend("token", "token=1") + backend("named", "@read") +
                   backend("unknown", "@other") + backend("nothing", "nothing") +
                   "backend open\nserver upstream \"${UPSTREAM}\"\n");
}

gateway_kind haproxy(const change& of_script = {}, int port_of_2 = 0, bool is_bare = false) {
    const auto configure = [=](const gateway_order& order) -> std::vector<std::string> {
        write_configuration(order, of_script, port_of_2, is_bare);
        return {"/usr/bin/env",
                "LATCHKEY_ADDRESS=127.0.0.1:" + std::to_string(order.latchkey_port),
                "LATCHKEY_KEY_FILE=" + order.file("key"),
                "LATCHKEY_INTERNAL=abns@latchkey-" + std::to_string(order.port),
                "UPSTREAM=127.0.0.1:" + std::to_string(order.upstream_port),
                "/usr/sbin/haproxy",
                "-f",
                order.file("latchkey.cfg"),
                "-f",
                order.file("haproxy.cfg")};
    };
    // A request's head must fit into tune.bufsize (16 KiB), less what rules may add to it.
    return {.configure = configure, .cookie_bytes = 12'000};
}

/// Latchkey, the upstream and the credentials; some cases start a HAProxy of their own.
struct one_site {
    static inline std::optional<gateway_site> site;
    static void set_up() { site.emplace(haproxy(), site_options{.toml = policy_read}); }
    static void take_down() { site.reset(); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(gateway_haproxy,
                      *boost::unit_test::fixture(&one_site::set_up, &one_site::take_down))

BOOST_AUTO_TEST_CASE(it_does_what_all_gateways_do) {
    auto& site = *one_site::site;
    run_all(scenarios_of_credentials(), site);
    run_all(scenarios_of_requests(), site);
    dots_are_no_way_to_forge(site);
    an_address_cannot_be_left_out(site);
    only_websocket_upgrades(site);
    policies_are_demanded_by_name(site);
    odd_requests_are_asked_about(site, 10'000);
    run_all(scenarios_of_faults(), site);
    another_programs_200_lets_nobody_pass(site);
    only_a_whole_answer_counts(site);
}

BOOST_AUTO_TEST_CASE(http_2_is_no_other_way_in) {
    const reserved_port port;
    one_site::site->start_gateway(haproxy({}, port.number()));
    http_2_is_no_other_way(*one_site::site, port.number());
}

BOOST_AUTO_TEST_CASE(a_protected_place_refuses_for_itself) {
    one_site::site->start_gateway(haproxy({}, 0, true));
    a_place_refuses_for_itself(*one_site::site);
}

BOOST_AUTO_TEST_CASE(a_script_that_fails_lets_nobody_pass) {
    auto& site = *one_site::site;
    struct {
        const char *what, *by;
    } const faults[] = {
        {"    delete_claims(txn, headers)\n", "    error('wrong')\n"},
        {"core.httpclient():get", "core.nothing():get"},
        {"if not is_good(answer) then", "if answer.nothing.there then"},
        {"if not done then", "if done then error('wrong')"},
    };
    for (const auto& fault : faults)
        BOOST_TEST_CONTEXT(fault.by) {
            site.start_gateway(
                haproxy([&](shipped_file& script) { script.replace(fault.what, fault.by); }));
            const auto before = site.upstream.count();
            for (const auto& key : {site.our_key, site.unknown_key})
                BOOST_TEST(site.ask_for("/devices/x", site.bearer(key)).status == 503);
            BOOST_TEST(site.upstream.count() == before);
            BOOST_TEST(site.ask_for("/open/x").status == 200);
        }
}

BOOST_AUTO_TEST_CASE(it_speaks_tls_to_latchkey_and_is_a_caller) {
    gateway_site site(haproxy(), {.secured = true, .callers_required = true});
    tls_connections_are_kept(site);
    run_all(scenarios_of_callers(), site);
}

BOOST_AUTO_TEST_SUITE_END()
