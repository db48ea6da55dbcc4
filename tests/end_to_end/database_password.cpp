// A password in the environment, where libpq expects it. It must not stay there.
#include "../integration/support.hpp"
#include "cached_keys.hpp"
#include "private_cluster.hpp"

#include <boost/json/parse.hpp>

#include <fstream>
#include <sstream>

using namespace latchkey::test;

namespace {

constexpr const char* password = "CanaryOfTheEnvironment";

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// A cluster where the role `guarded` needs a password, and the owner needs none.
struct guarded_cluster : private_cluster {
    guarded_cluster() : owner(uri()) {
        owner.exec(std::string("create role guarded superuser login password '") + password + "'");
        std::ofstream(variable("POSTGRES_DATA") + "/pg_hba.conf")
            << "local all guarded scram-sha-256\nlocal all all trust\n";
        owner.exec("select pg_reload_conf()");
        // The postmaster takes a moment to read the new rules.
        BOOST_REQUIRE(soon([&] { return !opens_without(); }));
    }
    std::string guarded_uri() const {
        return "postgresql://guarded@/latchkey?host=" + variable("POSTGRES_SOCKET_DIR");
    }
    bool opens_without() const {
        try {
            session s(guarded_uri());
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }
    std::string sessions() { return owner.value("select count(*)" + whose); }
    const std::string whose = " from pg_stat_activity where usename = 'guarded'";
    session owner;
};

} // namespace

BOOST_AUTO_TEST_SUITE(database_password)

BOOST_AUTO_TEST_CASE(it_is_wiped_and_every_connection_still_has_it) {
    guarded_cluster cluster;
    const auto variable = std::string("PGPASSWORD=") + password;
    const auto uri = "LATCHKEY_DATABASE__URI=" + cluster.guarded_uri();
    const auto migrated = run({latchkey_binary(), "migrate"}, {variable, uri});
    BOOST_REQUIRE_MESSAGE(migrated.exit_code == 0, migrated.err);
    BOOST_TEST(run({latchkey_binary(), "migrate"}, {uri}).exit_code == 69);

    server_process server(cluster.guarded_uri(), "", "", {variable});
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto environment = [&] {
        return contents("/proc/" + std::to_string(server.pid()) + "/environ");
    };
    BOOST_TEST(environment().find("PGPASSWORD=") != std::string::npos);
    BOOST_TEST(environment().find(password) == std::string::npos);
    const auto key = server.create_key(server.create_organization());
    BOOST_TEST(gets_cached(server, key));

    // Lost connections are replaced; so they are after a reload, which reads the environment again.
    for (const bool reloaded : {false, true}) {
        if (reloaded) BOOST_TEST(server.command({"reload"}).exit_code == 0);
        const auto connects = metric(server, "auth_db_connects_total");
        cluster.owner.exec("select pg_terminate_backend(pid)" + cluster.whose);
        BOOST_TEST(soon([&] { return metric(server, "auth_db_connects_total") > connects; }));
        BOOST_TEST(
            soon([&] { return server.ask(verify(R"({"api_key":"nobodys-key"})")).status == 200; }));
        // The operator's own connection comes back, too.
        BOOST_TEST(soon([&] { return server.command({"node", "list"}).exit_code == 0; }));
    }
    BOOST_TEST(environment().find(password) == std::string::npos);
    BOOST_TEST(server.log().find(password) == std::string::npos);
    BOOST_TEST(server.command({"status", "--json"}).out.find(password) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
