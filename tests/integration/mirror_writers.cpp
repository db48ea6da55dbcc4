// Several writers of the older service at the same time.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>

using namespace latchkey::test;

BOOST_FIXTURE_TEST_SUITE(mirror_writers, migrated_database)

// Each numbers its keys from 1: the second waits for the first, and its keys get other ids.
BOOST_AUTO_TEST_CASE(two_who_make_the_same_ids_are_never_in_a_deadlock) {
    const auto organization = [](const std::string& name) {
        return "insert into public.organizations (organization_id, api_keys) select '" + name +
               "', jsonb_agg(jsonb_build_object('key_id', n::text, 'key_hash',"
               " encode(sha256(convert_to('" +
               name + "' || n, 'UTF8')), 'hex')) order by n) from generate_series(1, 300) n";
    };
    for (int round = 0; round < 5; ++round) {
        const auto number = std::to_string(round);
        std::string state;
        std::jthread other([&] {
            session s(uri());
            state = s.sqlstate_of(organization("b" + number));
        });
        session s(uri());
        BOOST_TEST(s.sqlstate_of(organization("a" + number)) == "");
        other.join();
        BOOST_TEST(state == "");
        BOOST_TEST(value("select count(*) from latchkey.api_keys where enabled and organization_id"
                         " in ('a" +
                         number + "', 'b" + number + "')") == "600");
    }
}

BOOST_AUTO_TEST_SUITE_END()
