#include "running_store.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr const char* uuid = "5f0b6a52-1f6e-4c39-9a6e-0d8b9f3f8a11";

constexpr const char* uuid_tables =
    "create table public.organizations (organization_id uuid primary key, name text,"
    " api_keys jsonb)";

} // namespace

BOOST_AUTO_TEST_SUITE(look_up)

BOOST_AUTO_TEST_CASE(tells_found_from_absent) {
    migrated_database database;
    database.exec(fill_with_keys(3));
    running_store running(database.configuration());

    BOOST_TEST(running.ask(key_number(2)) == "found");
    BOOST_TEST(running.ask(key_number(4)) == "absent");
    BOOST_TEST(running.record_of(key_number(2))->facts().key_id == key_id_of(key_number(2)));
    BOOST_TEST(running.store.status().contacted);
    BOOST_TEST(running.store.status().problem == "");
}

BOOST_AUTO_TEST_CASE(reads_every_column) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    database.exec("update latchkey.api_keys set name = 'build', external_id = 'u-1',"
                  " scopes = '{read,write}', metadata = '{\"team\": \"ü\"}',"
                  " allowed_networks = '{10.0.0.0/8,2001:db8::1}', enabled = false,"
                  " expires_at = '2030-01-02 03:04:05+00', revoked_at = now(),"
                  " rate_limit_quantity = 5000, rate_limit_window_s = 3600");
    running_store running(database.configuration());

    const auto facts = running.record_of(key_number(1))->facts();
    BOOST_TEST(facts.organization_id == "acme");
    BOOST_TEST(facts.name.value() == "build");
    BOOST_TEST(facts.external_id.value() == "u-1");
    BOOST_TEST(facts.scopes == (std::vector<std::string>{"read", "write"}),
               boost::test_tools::per_element());
    BOOST_TEST(facts.metadata == "{\"team\":\"ü\"}");
    BOOST_TEST((facts.expires_at.value().time_since_epoch() == core::seconds(1893553445)));
    BOOST_TEST(facts.allowed_networks.size() == 2u);
    BOOST_TEST((facts.rate_limit == core::rate_rule::make(5000, core::seconds(3600), 5000)));
    BOOST_TEST(!facts.enabled);
    BOOST_TEST(facts.revoked);
    BOOST_TEST(facts.organization_enabled);
}

// Every network that PostgreSQL accepts must be readable, or its key could never be used.
BOOST_AUTO_TEST_CASE(reads_every_kind_of_network) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    running_store running(database.configuration());
    for (const std::string network :
         {"10.0.0.1", "10.0.0.1/8", "0.0.0.0/0", "::1", "::/0", "2001:db8::5/33", "::ffff:10.0.0.1",
          "::ffff:10.0.0.1/100", "::10.0.0.1", "1111:2222:3333:4444:5555:6666:7777:8888/127"}) {
        BOOST_TEST_CONTEXT(network) {
            database.exec("update latchkey.api_keys set allowed_networks = '{" + network + "}'");
            const auto record = running.record_of(key_number(1));
            BOOST_REQUIRE(record);
            BOOST_TEST(record->facts().allowed_networks.size() == 1u);
        }
    }
}

BOOST_AUTO_TEST_CASE(answers_everyone_who_asks_the_same_at_once) {
    migrated_database database;
    database.exec(fill_with_keys(2));
    running_store running(database.configuration());
    running.wait_until_reachable();

    std::deque<question> all;
    for (const std::size_t n : {1u, 2u, 1u, 9u, 1u, 9u})
        running.store.find_api_key(all.emplace_back(key_number(n)));
    running.run_until([&] { return std::ranges::all_of(all, &question::complete_called); });

    for (const std::size_t i : {0u, 2u, 4u})
        BOOST_TEST(all[i].record->facts().key_id == key_id_of(key_number(1)));
    BOOST_TEST(all[1].record->facts().key_id == key_id_of(key_number(2)));
    BOOST_TEST(all[3].outcome() == "absent");
    BOOST_TEST(all[5].outcome() == "absent");
}

BOOST_AUTO_TEST_CASE(answers_two_thousand_at_once) {
    migrated_database database;
    database.exec(fill_with_keys(1500));
    running_store running(database.configuration());
    running.wait_until_reachable();

    std::deque<question> all;
    for (std::size_t n = 1; n <= 2000; ++n)
        running.store.find_api_key(all.emplace_back(key_number(n)));
    running.run_until([&] { return std::ranges::all_of(all, &question::complete_called); });

    for (std::size_t n = 1; n <= 2000; ++n) {
        const auto& q = all[n - 1];
        BOOST_REQUIRE(q.outcome() == (n <= 1500 ? "found" : "absent"));
        if (n <= 1500) BOOST_REQUIRE(q.record->facts().key_id == key_id_of(q.key));
    }
}

BOOST_AUTO_TEST_CASE(lets_an_asker_ask_again_from_its_answer) {
    migrated_database database;
    database.exec(fill_with_keys(2));
    running_store running(database.configuration());
    question second(key_number(2));
    question first(key_number(1));
    first.then = [&](question&) { running.store.find_api_key(second); };

    running.store.find_api_key(first);
    running.run_until([&] { return second.complete_called; });

    BOOST_TEST(second.record->facts().key_id == key_id_of(key_number(2)));
}

BOOST_AUTO_TEST_CASE(needs_no_prepared_statements) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    auto settings = database.configuration();
    settings.prepared_statements = false;
    running_store running(settings);

    BOOST_TEST(running.ask(key_number(1)) == "found");
    BOOST_TEST(running.ask(key_number(2)) == "absent");
}

BOOST_AUTO_TEST_CASE(takes_uuids_as_organization_ids) {
    test_database database;
    database.exec(uuid_tables);
    database.migrate();
    database.exec(fill_with_keys(1, uuid));
    running_store running(database.configuration());

    BOOST_TEST(running.record_of(key_number(1))->facts().organization_id == uuid);
}

BOOST_AUTO_TEST_CASE(says_whether_the_organization_is_enabled) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    running_store running(database.configuration());
    const auto enabled = [&] {
        return running.record_of(key_number(1))->facts().organization_enabled;
    };

    BOOST_TEST(enabled());
    database.exec("update public.organizations set status = 'disabled'");
    BOOST_TEST(!enabled());
    database.exec("delete from public.organizations");
    BOOST_TEST(!enabled());
}

BOOST_AUTO_TEST_SUITE_END()
