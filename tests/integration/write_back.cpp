// A key that Latchkey revokes is set inactive in the older service's array; nothing else is
// written.
#include "../support/by_nobody.hpp"
#include "../support/run_task.hpp"
#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct written_back : migrated_database {
    written_back() {
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) values (decode('" +
             std::string(64, 'c') + "', 'hex'), 'c', 'a')");
        exec("insert into public.organizations (organization_id, api_keys) values ('a', '[" +
             element('a') + ", 7, " + element('b') + ", " + element('c') + "]')");
    }
    static std::string element(char digit) {
        return R"({"key_hash": ")" + std::string(64, digit) + R"(", "key_id": ")" + digit +
               R"(", "is_active": true, "seen": 1.50})";
    }
    std::string revoke(const std::string& ids) {
        exec("update latchkey.api_keys set revoked_at = now(), revoked_reason = 'leaked'"
             " where key_id = any ('{" +
             ids + "}')");
        return value("select latchkey.write_back('{" + ids + "}')");
    }
    /// Returns the ids of elements that are not active.
    std::string inactive() {
        return value("select coalesce(string_agg(e ->> 'key_id', ' '), '') from"
                     " public.organizations, jsonb_array_elements(api_keys) as e"
                     " where e -> 'is_active' = 'false'");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(write_back, written_back)

BOOST_AUTO_TEST_CASE(a_revoked_keys_element_is_not_active) {
    BOOST_TEST(revoke("b") == "1");
    BOOST_TEST(inactive() == "b");
    BOOST_TEST(value("select revoked_reason from latchkey.api_keys where key_id = 'b'") ==
               "leaked");
    // The rest of the array is as it was.
    BOOST_TEST(value("select jsonb_array_length(api_keys) || (api_keys ->> 1) ||"
                     " (api_keys -> 0 ->> 'seen') from public.organizations") == "471.50");
    BOOST_TEST(value("select latchkey.write_back('{a,b,c}')") == "0");
    // The array's element cannot restore the key.
    exec("update public.organizations set api_keys = jsonb_set(api_keys, '{2,is_active}', 'true')");
    BOOST_TEST(value("select revoked_at is not null from latchkey.api_keys where key_id = 'b'") ==
               "t");
}

BOOST_AUTO_TEST_CASE(what_the_array_does_not_own_is_left_alone) {
    BOOST_TEST(revoke("c") == "0");
    BOOST_TEST(inactive() == "");
    exec("update public.organizations set api_keys = api_keys - 0");
    BOOST_TEST(value("select latchkey.write_back('{a}')") == "0");
    BOOST_TEST(value("select latchkey.write_back('{nobody}')") == "0");
}

// As the command does it, with database.write_back.
BOOST_AUTO_TEST_CASE(it_is_written_when_that_is_configured) {
    for (const bool is_wanted : {false, true}) {
        auto settings = configuration();
        settings.write_back = is_wanted;
        recording_logger log;
        boost::asio::io_context loop{1};
        pg::lifecycle changes(loop, settings, log);
        const auto revoke = [&](const std::string& id) {
            std::optional<core::result<auth::revoked_api_key>> got;
            when_done(changes.revoke_api_key({id, "leaked"}, test::by_nobody()),
                      [&](auto r) { got = std::move(r); });
            const auto give_up = std::chrono::steady_clock::now() + core::seconds(30);
            while (!got && std::chrono::steady_clock::now() < give_up)
                loop.run_one_for(core::milliseconds(50));
            BOOST_REQUIRE(got.has_value());
            return *got;
        };
        const auto revoked = revoke(is_wanted ? "b" : "a");
        BOOST_REQUIRE_MESSAGE(revoked.has_value(), (revoked ? "" : revoked.error().message));
        BOOST_TEST(revoked->reason.value() == "leaked");
        BOOST_TEST(inactive() == (is_wanted ? "b" : ""));
        BOOST_TEST((revoke("nobody").error().kind == core::failure_kind::not_found));
    }
}

BOOST_AUTO_TEST_SUITE_END()
