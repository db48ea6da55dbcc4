// Apache with the shipped configuration and the script of mod_lua.
#include "gateway_files.hpp"

#include <filesystem>

using namespace latchkey::test;

namespace {

std::string protect(const gateway_order& order, const std::string& place,
                    const std::string& demand) {
    return "<Location \"" + place + "\">\n" +
           (demand.empty() ? "" : "SetEnvIfExpr true LATCHKEY_DEMAND=" + demand + "\n") +
           "LuaHookAccessChecker " + order.file("latchkey.lua") + " check\n</Location>\n";
}

// `port_of_2` speaks HTTP/2, without TLS.
std::vector<std::string> configure(const gateway_order& order, int port_of_2) {
    shipped_file script("apache/latchkey.lua");
    script.replace("\"127.0.0.1\", 8080", "\"127.0.0.1\", " + std::to_string(order.latchkey_port));
    if (order.hurries) script.replace("answer_seconds = 4", "answer_seconds = 0.5");
    if (!order.caller_key.empty())
        script.replace("callers_key = \"\"", "callers_key = \"" + order.caller_key + "\"");
    script.write(order.file("latchkey.lua"));
    shipped_file("apache/latchkey-vhost.conf").write(order.file("latchkey-vhost.conf"));
    std::string modules;
    for (const auto* name :
         {"mpm_event", "authz_core", "headers", "setenvif", "lua", "proxy", "proxy_http", "unixd"})
        if (std::string(name) != "unixd") // it is built in
            modules += "LoadModule " + std::string(name) + "_module /usr/lib/apache2/modules/mod_" +
                       name + ".so\n";
    const auto port = std::to_string(order.port);
    std::string hosts = "<VirtualHost 127.0.0.1:" + port;
    if (port_of_2 != 0) {
        const auto second = std::to_string(port_of_2);
        hosts = "LoadModule http2_module /usr/lib/apache2/modules/mod_http2.so\nListen 127.0.0.1:" +
                second + "\nProtocols h2c http/1.1\n" + hosts + " 127.0.0.1:" + second;
    }
    // One thread serves all, so that connections can be counted.
    std::ofstream(order.file("apache.conf"))
        << "ServerRoot " << order.folder << "\nServerName localhost\nListen 127.0.0.1:" << port
        << "\nPidFile " << order.file("pid") << "\nErrorLog /dev/stderr\nMutex posixsem\n"
        << "DefaultRuntimeDir " << order.folder << "\n"
        << modules
        << "StartServers 1\nServerLimit 1\nThreadsPerChild 4\nThreadLimit 4\n"
           "MinSpareThreads 1\nMaxSpareThreads 4\nMaxRequestWorkers 4\nAsyncRequestWorkerFactor 8\n"
           "LimitRequestFieldSize 32768\nUser www-data\nGroup www-data\n"
        << hosts << ">\nInclude " << order.file("latchkey-vhost.conf")
        << "\n"
        // A wider place first.
        << protect(order, "/any", "any") << protect(order, "/any/writers", "scope=devices:write")
        << protect(order, "/devices", "scope=devices:read&organization=ours")
        << protect(order, "/token", "token=1") << protect(order, "/nothing", "")
        << protect(order, "/named", "@read") << protect(order, "/unknown", "@other")
        << protect(order, "/misspelt", "organisation=ours")
        << protect(order, "/odd", "\"any HTTP/1.1\"")
        << "<Location \"/faulty\">\nLuaHookAccessChecker /nonexistent.lua check\n</Location>\n"
        << "ProxyPreserveHost On\nProxyPass / http://127.0.0.1:" << order.upstream_port
        << "/ upgrade=websocket\n</VirtualHost>\n";
    // The process that serves is another user's.
    const std::filesystem::path folder(order.folder);
    for (const auto& path : {folder.parent_path(), folder, folder / "latchkey.lua"})
        std::filesystem::permissions(path, std::filesystem::perms(0755));
    return {"/usr/sbin/apache2",       "-d",          order.folder, "-f",
            order.file("apache.conf"), "-DFOREGROUND"};
}

gateway_kind apache(int port_of_2 = 0) {
    return {.configure = [=](const gateway_order& order) { return configure(order, port_of_2); },
            .connections_for_40 = 4, /* one for each thread */
            .refuses_at_once = false};
}

} // namespace

BOOST_AUTO_TEST_SUITE(gateway_apache)

BOOST_AUTO_TEST_CASE(it_does_what_all_gateways_do) {
    gateway_site site(apache(), {.toml = policy_read});
    run_all(scenarios_of_credentials(), site);
    run_all(scenarios_of_requests(), site);
    const auto before = site.upstream.count();
    for (const auto* place : {"/misspelt/x", "/odd/x", "/faulty/x"})
        BOOST_TEST_CONTEXT(place)
    BOOST_TEST(site.ask_for(place, site.bearer(site.our_key)).status != 200);
    BOOST_TEST(site.upstream.count() == before);
    BOOST_TEST(site.decided_for("/any/writers", site.bearer(site.weak_key)).status == 403);
    BOOST_TEST(site.decided_for("/any/writers/x", site.bearer(site.our_key)).status == 200);
    BOOST_TEST(site.decided_for("/any/x", site.bearer(site.weak_key)).status == 200);
    dots_are_no_way_to_forge(site);
    an_address_cannot_be_left_out(site);
    only_websocket_upgrades(site);
    policies_are_demanded_by_name(site);
    odd_requests_are_asked_about(site, 5'000);
    run_all(scenarios_of_faults(), site);
    another_programs_200_lets_nobody_pass(site);
    only_a_whole_answer_counts(site);
    const reserved_port port;
    site.start_gateway(apache(port.number()));
    http_2_is_no_other_way(site, port.number());
}

BOOST_AUTO_TEST_CASE(it_is_a_caller) {
    gateway_site site(apache(), {.callers_required = true});
    run_all(scenarios_of_callers().first(3), site); // those without TLS
}

BOOST_AUTO_TEST_SUITE_END()
