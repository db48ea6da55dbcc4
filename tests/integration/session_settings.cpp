// Settings of a role, a database or a client's environment do not change what is read and written.
#include "changing.hpp"
#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr const char* odd_settings[] = {
    "search_path = nowhere",
    "client_encoding = 'LATIN1'",
    "datestyle = 'SQL, DMY'",
    "intervalstyle = 'iso_8601'",
    "timezone = 'Asia/Kathmandu'",
    "bytea_output = 'escape'",
    "extra_float_digits = -15",
    "array_nulls = off",
    "standard_conforming_strings = off",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_read_only = on",
    "row_security = on",
    "statement_timeout = '30s'",
};

// Makes a role with these settings and all rights.
std::string odd_role(test_database& database) {
    auto role = database.make_role();
    database.exec("alter role " + role + " superuser");
    for (const std::string setting : odd_settings)
        database.exec("alter role " + role + " set " + setting);
    return role;
}

} // namespace

BOOST_AUTO_TEST_SUITE(session_settings)

BOOST_AUTO_TEST_CASE(a_roles_settings_change_nothing_that_is_read_or_written) {
    test_database database;
    const auto role = odd_role(database);
    const auto done = pg::migrate(database.configuration(role), pg::migrations(),
                                  auth::legacy_device_secret::plaintext, [](std::string_view) {});
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));

    changing writing(database.configuration(role));
    BOOST_TEST(writing.create(auth::new_organization{"acme", "Gr\xc3\xbc\xc3\x9f"}).has_value());
    auth::new_api_key key;
    key.key_hash = key_number(1);
    key.key_id = "k";
    key.organization_id = "acme";
    key.name = "\xe2\x82\xac";
    key.scopes = {"NULL", "a"};
    key.expires_at = core::real_time(core::seconds(1'900'000'000)) + core::microseconds(123'456);
    BOOST_TEST(writing.create(key).has_value());
    BOOST_TEST(database.value("select octet_length(convert_to(name, 'UTF8')) from"
                              " latchkey.api_keys") == "3");

    running_store running(database.configuration(role));
    running.wait_until_reachable();
    const auto record = running.record_of(key_number(1));
    BOOST_REQUIRE(record);
    BOOST_TEST((record->facts().expires_at == key.expires_at));
    BOOST_TEST(record->facts().name.value() == "\xe2\x82\xac");
    BOOST_TEST(record->facts().scopes == key.scopes, boost::test_tools::per_element());
}

// An old table may keep dates as text.
BOOST_AUTO_TEST_CASE(texts_are_read_as_dates_in_one_way) {
    test_database database;
    database.exec("create table public.organizations (organization_id text);"
                  "create table public.device_credentials (device_id text, device_secret text,"
                  " organization_id text, previous_secret text, previous_secret_until text);"
                  "insert into public.device_credentials values"
                  " ('d', 's', 'o', 'p', '2030-02-01 00:00:00')");
    database.migrate();
    const auto role = odd_role(database);
    running_store running(database.configuration(role));
    running.wait_until_reachable();
    using namespace std::chrono;
    const sys_days day = year(2030) / February / 1;
    BOOST_TEST((running.device("d")->facts().previous_until == core::real_time(day)));
}

// The triggers run in other clients' sessions.
BOOST_AUTO_TEST_CASE(a_writers_session_does_not_change_what_the_triggers_read) {
    migrated_database database;
    session writer(database.uri());
    writer.exec("set standard_conforming_strings = off; set escape_string_warning = off;"
                "set datestyle = 'SQL, DMY'; set bytea_output = 'escape';"
                "set timezone = 'Asia/Kathmandu'; set intervalstyle = 'iso_8601'");
    writer.exec("insert into public.organizations (organization_id, api_keys) values ('o',"
                " jsonb_build_array(jsonb_build_object('key_hash', repeat('a', 64), 'scopes',"
                " 'status:read users,x', 'expires_at', '2030-02-01T00:00:00')))");
    BOOST_TEST(database.value("select scopes from latchkey.api_keys") == "{status:read,users,x}");
    BOOST_TEST(database.value("select expires_at = '2030-02-01T00:00:00Z' from"
                              " latchkey.api_keys") == "t");
}

BOOST_AUTO_TEST_SUITE_END()
