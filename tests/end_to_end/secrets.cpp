#include "../integration/support.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

using namespace latchkey::test;

namespace {

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

BOOST_AUTO_TEST_SUITE(secrets)

// Requirement R19: canaries in every place where a secret may enter, searched where it may leave.
BOOST_AUTO_TEST_CASE(no_canary_leaves_the_process) {
    migrated_database database;
    const std::string password = "CanaryPassword";
    // The cluster trusts its socket: any password will do.
    server_process server("", "", "[log]\nlevel = \"debug\"\n",
                          {"LATCHKEY_DATABASE__URI=" + database.uri() + " password=" + password});
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    const std::string canaries[] = {key,          "CanaryForeignKey", "CanaryFieldName",
                                    "CanaryPath", "CanaryHeader",     password};
    const std::string requests[] = {
        verify(R"({"api_key":")" + key + "\"}"),
        verify(R"({"api_key":")" + key + "\",}"),
        verify(R"({"api_key":["CanaryForeignKey"]})"),
        verify(R"({"api_key":"CanaryForeignKey"})"),
        verify(R"({"CanaryFieldName":"CanaryForeignKey"})"),
        verify(R"({"api_key":"a","ip":"CanaryForeignKey"})"),
        verify("CanaryForeignKey"),
        get("/CanaryPath?api_key=CanaryForeignKey"),
        get("/livez", "Authorization: Bearer CanaryHeader\r\n"),
        get("/livez", "Authorization: Bearer CanaryHeader\r\nAuthorization: CanaryHeader\r\n"),
        get("/livez", "CanaryHeader CanaryHeader\r\n"),
    };
    std::string seen;
    for (const auto& request : requests) {
        const auto a = server.ask(request);
        BOOST_TEST(a.status != 0);
        seen += a.head + a.body;
    }
    // A database error with everything in it, too.
    database.exec("alter table latchkey.api_keys rename column name to other_name");
    seen += server.ask(verify(R"({"api_key":"CanaryForeignKey"})")).body;
    seen += server.ask(get("/metrics")).body + server.ask(get("/health")).body;
    seen += server.command({"status", "--json"}).out;
    const auto process = "/proc/" + std::to_string(server.pid());
    seen += contents(process + "/environ") + contents(process + "/cmdline") + server.log();
    for (const auto& canary : canaries) {
        BOOST_TEST_CONTEXT(canary) {
            BOOST_TEST(seen.find(canary) == std::string::npos);
        }
    }
    BOOST_TEST(server.log().find("\"message\":\"request\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
