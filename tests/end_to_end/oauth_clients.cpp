// Real OAuth clients, given the issuer's URL, a client's id and secret, and nothing else.
#include "example_runs.hpp"
#include "oauth_node.hpp"

using namespace latchkey::test;

namespace {

std::string folder_of_clients() {
    const auto binary = latchkey_binary();
    return binary.substr(0, binary.rfind('/')) + "/oauth-clients";
}

const std::string by_oauth4webapi =
    "granted bearer devices:read devices:write\n"
    "validated true https://api.example\n"
    "introspected true true devices:read devices:write\n"
    "introspected a key true\n"
    "exchanged urn:ietf:params:oauth:token-type:access_token devices:read\n"
    "revoked {\"active\":false}\n"
    "refused 401 invalid_client\n";

const std::string by_authlib = "granted Bearer devices:read\n"
                               "verified True True\n"
                               "introspected True devices:read\n"
                               "revoked {\"active\":false}\n";

std::vector<std::string> environment(const oauth_node& n) {
    return {"ISSUER=" + n.issuer, "CLIENT_ID=" + n.client.id, "CLIENT_SECRET=" + n.client.key,
            "ASKER_ID=" + n.asker.id, "ASKER_SECRET=" + n.asker.key};
}

} // namespace

BOOST_AUTO_TEST_SUITE(oauth_clients)

BOOST_AUTO_TEST_CASE(those_of_npm) {
    const auto prepare = "bash '" LATCHKEY_SOURCE_DIR "/tests/oauth/prepare' '" LATCHKEY_SOURCE_DIR
                         "' '" +
                         folder_of_clients() + "'";
    if (!can_run("the OAuth clients of npm", prepare.c_str())) return;
    const oauth_node n;
    const auto done = run_in_examples("$(" + prepare + ")", environment(n));
    BOOST_TEST_INFO(done.err);
    BOOST_TEST(done.out == "oauth4webapi by Basic\n" + by_oauth4webapi + "oauth4webapi by body\n" +
                               by_oauth4webapi +
                               "openid-client\n"
                               "granted bearer devices:read\n"
                               "exchanged urn:ietf:params:oauth:token-type:access_token "
                               "devices:read\n"
                               "introspected true\n"
                               "revoked {\"active\":false}\n"
                               "jose\n"
                               "verified true devices:read\n");
}

BOOST_AUTO_TEST_CASE(authlib) {
    if (!can_run("Authlib", "/usr/bin/python3 -c 'import authlib, httpx'")) return;
    const oauth_node n;
    const auto done = run_in_examples(
        "/usr/bin/python3 '" LATCHKEY_SOURCE_DIR "/tests/oauth/client.py'", environment(n));
    BOOST_TEST_INFO(done.err);
    BOOST_TEST(done.out ==
               "client_secret_basic\n" + by_authlib + "client_secret_post\n" + by_authlib);
}

BOOST_AUTO_TEST_SUITE_END()
