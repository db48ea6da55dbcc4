// A key that moves between organizations' arrays, and an organization whose id changes: what
// belongs to it follows.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string element_of(char digit) {
    return R"({"key_hash": ")" + std::string(64, digit) + R"(", "key_id": ")" + digit + R"("})";
}

struct moving : migrated_database {
    moving() {
        exec("insert into public.organizations (organization_id, api_keys) values"
             " ('a', '[" +
             element_of('1') + "]'), ('b', '[]')");
    }
    static std::string set_array(const std::string& id, const std::string& elements) {
        return "update public.organizations set api_keys = '[" + elements +
               "]' where organization_id = '" + id + "';";
    }
    /// Returns "key organization" of each key, with '-' before those that are not good.
    std::string keys() {
        return value("select coalesce(string_agg(case when revoked_at is null and enabled then ''"
                     " else '-' end || key_id || ' ' || organization_id, ', ' order by key_id), '')"
                     " from latchkey.api_keys");
    }
    std::string revoked() {
        return value("select coalesce(string_agg(value, ' ' order by value), '')"
                     " from latchkey.revocations");
    }
    std::string findings() { return value("select count(*) from latchkey.mirror_findings"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(moved_credentials, moving)

BOOST_AUTO_TEST_CASE(an_element_moves_in_either_order_and_at_once) {
    const auto one = element_of('1');
    const std::string there[] = {
        set_array("a", "") + set_array("b", one),
        set_array("b", one) + set_array("a", ""),
        "update public.organizations set api_keys = case organization_id when 'b' then '[" + one +
            "]'::jsonb else '[]' end;",
        "delete from public.organizations where organization_id = 'a';" + set_array("b", one) +
            "insert into public.organizations (organization_id) values ('a');",
    };
    for (const auto& move : there) {
        BOOST_TEST_CONTEXT(move) {
            exec("begin;" + move + "commit");
            BOOST_TEST(keys() == "1 b");
            BOOST_TEST(revoked() == "");
            BOOST_TEST(findings() == "0");
            exec("begin;" + set_array("b", "") + set_array("a", one) + "commit");
            BOOST_TEST(keys() == "1 a");
        }
    }
}

// A key that moved stays with its new array until that array loses it.
BOOST_AUTO_TEST_CASE(one_array_has_it) {
    const auto one = element_of('1');
    exec(set_array("b", one));
    BOOST_TEST(keys() == "1 a");
    BOOST_TEST(findings() == "1");
    exec(set_array("a", ""));
    BOOST_TEST(keys() == "1 b");
    exec(set_array("a", one));
    BOOST_TEST(keys() == "1 b");
    exec(set_array("b", ""));
    BOOST_TEST(keys() == "1 a");
    exec(set_array("a", ""));
    BOOST_TEST(keys() == "-1 a");
    BOOST_TEST(revoked() == "1");
    BOOST_TEST(findings() == "0");
}

BOOST_AUTO_TEST_CASE(what_latchkey_revoked_stays_so_wherever_it_moves) {
    exec("update latchkey.api_keys set revoked_at = now(), revoked_reason = 'leaked'");
    exec("begin;" + set_array("a", "") + set_array("b", element_of('1')) + "commit");
    BOOST_TEST(keys() == "-1 a");
}

// If another session is writing the organization, the move does not wait: it stays a finding.
BOOST_AUTO_TEST_CASE(a_move_waits_for_nobody) {
    exec(set_array("b", element_of('1')));
    session other(uri());
    other.exec("begin; update public.organizations set name = 'n' where organization_id = 'b'");
    exec(set_array("a", ""));
    BOOST_TEST(keys() == "-1 a");
    BOOST_TEST(findings() == "1");
    other.exec("commit");
    exec("select latchkey.mirror_again('b')");
    BOOST_TEST(keys() == "1 b");
    BOOST_TEST(findings() == "0");
}

BOOST_AUTO_TEST_CASE(a_changed_id_takes_keys_devices_and_tokens_along) {
    exec("insert into public.device_credentials (device_id, device_secret, organization_id) values"
         " ('d', 's', 'a'), ('e', 's', 'b')");
    exec("update public.organizations set organization_id = 'c' where organization_id = 'a'");
    exec("update public.organizations set organization_id = 'd' where organization_id = 'c'");
    BOOST_TEST(keys() == "1 d");
    BOOST_TEST(value("select string_agg(device_id || organization_id, ' ' order by device_id)"
                     " from public.device_credentials") == "dd eb");
    BOOST_TEST(revoked() == "");
    // Tokens that name an older id are revoked and restored with the organization.
    exec("update public.organizations set status = 'off' where organization_id = 'd'");
    BOOST_TEST(revoked() == "a c d");
    exec("update public.organizations set status = 'active' where organization_id = 'd'");
    BOOST_TEST(revoked() == "");
    // Another organization gets the old id, which from then on is its own.
    exec("insert into public.organizations (organization_id) values ('a')");
    exec("delete from public.organizations where organization_id = 'd'");
    BOOST_TEST(revoked() == "1 c d");
}

BOOST_AUTO_TEST_CASE(ids_may_change_places) {
    test_database database;
    database.exec("create table public.organizations (organization_id text, api_keys jsonb,"
                  " status text default 'active')");
    database.migrate();
    database.exec("insert into public.organizations values ('a', '[" + element_of('1') +
                  "]'), ('b', '[" + element_of('2') + "]'), ('c', '[" + element_of('3') + "]');" +
                  "insert into public.device_credentials (device_id, device_secret,"
                  " organization_id) values ('d', 's', 'a'), ('e', 's', 'b'), ('f', 's', 'c')");
    database.exec("update public.organizations set organization_id = case organization_id"
                  " when 'a' then 'b' when 'b' then 'c' else 'a' end");
    BOOST_TEST(database.value("select string_agg(key_id || organization_id, ' ' order by key_id)"
                              " from latchkey.api_keys where revoked_at is null") == "1b 2c 3a");
    BOOST_TEST(
        database.value("select string_agg(device_id || organization_id, ' ' order by device_id)"
                       " from public.device_credentials") == "db ec fa");
    BOOST_TEST(database.value("select count(*) from latchkey.former_organizations") == "0");
    // An organization whose id becomes NULL takes nothing along, and its writer gets no error.
    database.exec("update public.organizations set organization_id = null"
                  " where organization_id = 'b'");
    BOOST_TEST(database.value("select revoked_at is not null from latchkey.api_keys"
                              " where key_id = '1'") == "t");
    BOOST_TEST(database.value("select string_agg(value, ' ' order by value)"
                              " from latchkey.revocations") == "1 b");
}

BOOST_AUTO_TEST_SUITE_END()
