// The old tables arrive by logical replication, whose workers fire only row triggers. The test has
// a cluster of its own, since it needs another wal_level.
#include "../support/temporary_folder.hpp"
#include "support.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

class logical_cluster {
  public:
    logical_cluster() {
        run("start");
        std::ifstream file(folder_.file("postgres.env"));
        const std::string begin = "export POSTGRES_SOCKET_DIR='";
        for (std::string line; std::getline(file, line);)
            if (line.starts_with(begin))
                socket_ = line.substr(begin.size(), line.size() - begin.size() - 1);
        BOOST_REQUIRE(!socket_.empty());
    }
    ~logical_cluster() {
        const auto command = script("stop");
        [[maybe_unused]] const int done = std::system(command.c_str());
    }
    logical_cluster(const logical_cluster&) = delete;
    logical_cluster& operator=(const logical_cluster&) = delete;
    std::string uri(const std::string& database) const {
        return "host=" + socket_ + " user=latchkey dbname=" + database;
    }

  private:
    std::string script(const std::string& verb) const {
        auto folder = folder_.file("");
        folder.pop_back();
        return "bash " LATCHKEY_SOURCE_DIR "/etc/private-postgres " + verb + " " + folder;
    }
    void run(const std::string& verb) {
        const auto command = script(verb) + " --fast wal_level=logical";
        BOOST_REQUIRE(std::system(command.c_str()) == 0);
    }
    temporary_folder folder_;
    std::string socket_;
};

const char* const old_tables =
    "create table public.organizations (organization_id text primary key, name text,"
    " api_keys jsonb not null, status text not null,"
    " created_at timestamptz not null default now());"
    "create table public.device_credentials (device_id text primary key, device_secret text,"
    " organization_id text not null, status text not null,"
    " created_at timestamptz not null default now());";

void migrate(const std::string& uri) {
    pg::configuration settings;
    settings.uri = crypto::secret(uri);
    const auto done = pg::migrate(settings, pg::migrations(), auth::legacy_device_secret::plaintext,
                                  [](std::string_view) {});
    BOOST_REQUIRE(done.has_value());
}

} // namespace

BOOST_AUTO_TEST_SUITE(replicated_tables)

BOOST_AUTO_TEST_CASE(what_arrives_is_seen_like_any_change) {
    logical_cluster cluster;
    session server(cluster.uri("latchkey"));
    server.exec("create database old");
    session old(cluster.uri("old"));
    old.exec(old_tables);
    const std::string array =
        R"('[{"key_hash": ")" + std::string(64, 'a') + R"(", "key_id": "k"}]')";
    old.exec("insert into public.organizations values ('a', 'n', " + array + ", 'active')," +
             " ('b', 'n', '[]', 'off');"
             "insert into public.device_credentials values ('d', 's', 'a', 'active')");
    old.exec("create publication everything for all tables");
    old.exec("select pg_create_logical_replication_slot('slot', 'pgoutput')");
    migrate(cluster.uri("latchkey"));
    server.exec("create subscription arriving connection '" + cluster.uri("old") +
                "' publication everything with (create_slot = false, slot_name = 'slot')");

    const auto arrives = [&](const std::string& what, const std::string& expected) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        auto seen = server.value(what);
        while (seen != expected && std::chrono::steady_clock::now() < give_up) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            seen = server.value(what);
        }
        BOOST_TEST(seen == expected);
    };
    const std::string keys = "select string_agg(key_id || organization_id || enabled, ' ')"
                             " from latchkey.api_keys where revoked_at is null";
    const std::string revoked = "select coalesce(string_agg(value, ' ' order by value), '')"
                                " from latchkey.revocations";
    const std::string named = "select count(*) > 0 from latchkey.changes where kind = ";

    // The first copy is a COPY in a session that replays.
    arrives(keys, "katrue");
    arrives(revoked, "b");
    arrives(named + "'devices' and names = '{d}'", "t");

    server.exec("delete from latchkey.changes");
    old.exec("update public.device_credentials set status = 'off'");
    arrives(revoked, "b d");
    BOOST_TEST(server.value(named + "'devices' and names = '{d}'") == "t");
    BOOST_TEST(server.value(named + "'credentials' and names = '{+d}'") == "t");
    old.exec("update public.organizations set status = 'active' where organization_id = 'b'");
    arrives(revoked, "d");
    BOOST_TEST(server.value(named + "'organizations' and names = '{b}'") == "t");
    old.exec("update public.organizations set organization_id = 'c' where organization_id = 'a'");
    arrives(keys, "kctrue");
    old.exec("update public.organizations set api_keys = jsonb_set(api_keys, '{0,is_active}',"
             " 'false') where organization_id = 'c'");
    arrives(keys, "kcfalse");
    arrives(revoked, "d k");
    old.exec("delete from public.organizations where organization_id = 'c'");
    arrives(keys, "NULL");
    arrives(revoked, "a c d k");
    old.exec("truncate public.device_credentials");
    arrives(named + "'everything'", "t");

    server.exec("alter subscription arriving disable");
    server.exec("alter subscription arriving set (slot_name = none)");
    server.exec("drop subscription arriving");
}

BOOST_AUTO_TEST_SUITE_END()
