// The migrate command: what it says about transactions that block it, and what it leaves when it is
// killed.
#include "../integration/support.hpp"
#include "cached_keys.hpp"

#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <fstream>

using namespace latchkey::test;

namespace {

// A migration's index waits for the end of a writer.
struct busy_database : test_database {
    busy_database() {
        exec("create table public.organizations (organization_id text primary key, api_keys jsonb,"
             " name text, status text);"
             "insert into public.organizations values ('o', '[]')");
        writer.exec("set application_name = 'older service'; begin;"
                    "update public.organizations set name = 'hunter2'");
    }
    session writer{uri()};
    temporary_folder folder;

    std::string config() {
        std::ofstream(folder.file("latchkey.toml")) << "[database]\nuri = \"" << uri() << "\"\n";
        return folder.file("latchkey.toml");
    }
    bool somebody(const std::string& does) {
        return value("select count(*) from pg_stat_activity where datname = current_database()"
                     " and application_name = 'latchkey migrate' and " +
                     does) != "0";
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(migrate_ended)

BOOST_AUTO_TEST_CASE(who_is_in_the_way_is_named) {
    busy_database database;
    const auto command =
        std::vector<std::string>{latchkey_binary(), "migrate",     "--json", "--config",
                                 database.config(), "--lock-wait", "300ms"};
    const auto ended = run(command);
    BOOST_TEST(ended.exit_code == 69);
    BOOST_TEST(ended.out == "");
    BOOST_TEST_INFO(ended.err);
    BOOST_TEST(ended.err.find("waits for a lock of pid " + database.writer.backend_pid() +
                              " (application \"older service\"") != std::string::npos);
    BOOST_TEST(ended.err.find("hunter2") == std::string::npos);
    database.writer.exec("commit");
    const auto again = run(command);
    BOOST_TEST_INFO(again.err);
    BOOST_TEST(again.exit_code == 0);
    BOOST_TEST(again.out.starts_with("{\"applied\":"));
    BOOST_TEST(run({latchkey_binary(), "migrate", "--lock-wait", "7"}).exit_code == 64);
}

BOOST_AUTO_TEST_CASE(nothing_goes_on_for_one_that_is_killed) {
    busy_database database;
    const auto config = database.config();
    const auto binary = latchkey_binary();
    std::string words[] = {binary, "migrate", "--config", config};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                         nullptr};
    pid_t pid = -1;
    BOOST_REQUIRE(::posix_spawn(&pid, binary.c_str(), nullptr, nullptr, arguments, environ) == 0);
    BOOST_TEST(soon([&] {
        return database.somebody("wait_event_type = 'Lock' and query like 'create index%'");
    }));
    ::kill(pid, SIGKILL);
    wait_for_exit_of(pid, patience);
    BOOST_TEST(soon([&] { return !database.somebody("true"); }));
    // The next run rebuilds the invalid index that this one has left.
    database.writer.exec("commit");
    BOOST_TEST(run({binary, "migrate", "--config", config}).exit_code == 0);
    BOOST_TEST(database.value("select count(*) from pg_index where not indisvalid") == "0");
}

BOOST_AUTO_TEST_SUITE_END()
