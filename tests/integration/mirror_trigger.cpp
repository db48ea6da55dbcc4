// public.organizations.api_keys, mirrored into latchkey.api_keys.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string hash_of(char digit) {
    return std::string(64, digit);
}
std::string element_of(char digit, const std::string& rest = {}) {
    return R"({"key_hash": ")" + hash_of(digit) + "\"" + (rest.empty() ? "" : ", " + rest) + "}";
}

// A writer of the old service, and what Latchkey sees of it.
struct mirrored : migrated_database {
    mirrored() { exec("insert into public.organizations (organization_id) values ('acme')"); }

    void set_array(const std::string& array, const std::string& organization = "acme") {
        exec("update public.organizations set api_keys = $array$" + array +
             "$array$ where organization_id = '" + organization + "'");
    }
    std::string of_key(char digit, const std::string& expression) {
        const auto all = query("select (" + expression +
                               ")::text from latchkey.api_keys where key_hash = decode('" +
                               hash_of(digit) + "', 'hex')");
        return all.empty() ? "no row" : all[0][0].value_or("NULL");
    }
    bool revoked(char digit) { return of_key(digit, "revoked_at is not null") == "true"; }
    std::string rows_there() { return value("select count(*) from latchkey.api_keys"); }
    std::size_t warnings() { return owner().take_warnings().size(); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mirror_trigger)

BOOST_AUTO_TEST_CASE(an_element_lives_changes_goes_and_comes_back) {
    mirrored database;
    database.exec("insert into public.organizations (organization_id, api_keys) values ('new', '[" +
                  element_of('9') + "]')");
    BOOST_TEST(database.of_key('9', "organization_id") == "new");

    database.set_array("[" + element_of('a', R"("name": "one")") + "]");
    BOOST_TEST(database.of_key('a', "name") == "one");
    BOOST_TEST(database.of_key('a', "origin") == "organization_array");
    BOOST_TEST(database.of_key('a', "enabled") == "true");

    database.set_array("[" + element_of('a', R"("name": "two", "is_active": false)") + ", " +
                       element_of('b') + "]");
    BOOST_TEST(database.of_key('a', "name") == "two");
    BOOST_TEST(database.of_key('a', "enabled") == "false");
    BOOST_TEST(!database.revoked('b'));

    database.set_array("[" + element_of('b') + "]");
    BOOST_TEST(database.revoked('a'));
    BOOST_TEST(!database.revoked('b'));

    database.set_array("[" + element_of('b') + ", " + element_of('a') + "]");
    BOOST_TEST(!database.revoked('a'));
    BOOST_TEST(database.of_key('a', "revoked_reason") == "NULL");
    BOOST_TEST(database.of_key('a', "name") == "NULL");
    BOOST_TEST(database.warnings() == 0u);
}

BOOST_AUTO_TEST_CASE(fields_are_read_as_they_come) {
    struct {
        std::string fields, expression, expected;
    } const cases[] = {
        {"", "key_id like 'key\\_%' and length(key_id) = 28", "true"},
        {R"("key_id": "k-7")", "key_id", "k-7"},
        {R"("key_id": "")", "key_id like 'key\\_%'", "true"},
        {R"("key_id": null)", "key_id like 'key\\_%'", "true"},
        {R"("name": "ü")", "name", "ü"},
        {R"("name": 7)", "name", "7"},
        {"", "scopes", "{}"},
        {R"("scopes": ["b", "a", "b"])", "scopes", "{a,b}"},
        {R"("scopes": "read write,admin")", "scopes", "{admin,read,write}"},
        {R"("scopes": ["a"], "permissions": ["b", "a"])", "scopes", "{a,b}"},
        {R"("permissions": "b")", "scopes", "{b}"},
        {R"("scopes": {"a": 1})", "scopes", "{}"},
        {R"("scopes": null, "permissions": [null, {}, [1], 2, "b"])", "scopes", "{2,b}"},
        {R"("is_active": true)", "enabled", "true"},
        {R"("is_active": null)", "enabled", "true"},
        {R"("is_active": 1)", "enabled", "true"},
        {R"("is_active": "true")", "enabled", "true"},
        {R"("is_active": false)", "enabled", "false"},
        {R"("is_active": 0)", "enabled", "false"},
        {R"("is_active": "false")", "enabled", "false"},
        {R"("is_active": "perhaps")", "enabled", "false"},
        {R"("is_active": {})", "enabled", "false"},
        {R"("status": "active")", "enabled", "true"},
        {R"("status": "ACTIVE")", "enabled", "true"},
        {R"("status": null)", "enabled", "true"},
        {R"("status": "revoked")", "enabled", "false"},
        {R"("status": 7)", "enabled", "false"},
        {R"("status": "active", "is_active": false)", "enabled", "false"},
        {R"("expires_at": "2030-01-02T03:04:05Z")", "expires_at", "2030-01-02 03:04:05+00"},
        {R"("expires_at": "2030-01-02T03:04:05+02:00")", "expires_at", "2030-01-02 01:04:05+00"},
        {R"("expires_at": "2030-01-02 03:04:05")", "expires_at", "2030-01-02 03:04:05+00"},
        {R"("expires_at": "2030-01-02")", "expires_at", "2030-01-02 00:00:00+00"},
        {R"("expires_at": 1893553445)", "expires_at", "2030-01-02 03:04:05+00"},
        {R"("expires_at": "infinity")", "expires_at", "infinity"},
        {R"("expires_at": "")", "expires_at", "NULL"},
        {R"("expires_at": null)", "expires_at", "NULL"},
        {R"("created_at": "2020-01-02T03:04:05Z")", "created_at", "2020-01-02 03:04:05+00"},
        {R"("created_at": null)", "created_at > now() - interval '1 h'", "true"},
        {"", "metadata", "{}"},
        {R"("metadata": {"a": 1})", "metadata", R"({"a": 1})"},
        {R"("metadata": null)", "metadata", "{}"},
        {R"("metadata": [1])", "metadata", R"({"metadata": [1]})"},
        {R"("team": "x", "metadata": {"a": 1})", "metadata", R"({"a": 1, "team": "x"})"},
        {R"("team": "x", "name": "n", "scopes": [])", "metadata", R"({"team": "x"})"},
        {R"("big": 1e400)", "length(metadata ->> 'big')", "401"},
    };
    mirrored database;
    database.exec("set timezone = 'UTC'");
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.fields << " → " << c.expression) {
            database.exec("delete from latchkey.api_keys; update public.organizations"
                          " set api_keys = '[]'");
            database.set_array("[" + element_of('a', c.fields) + "]");
            BOOST_TEST(database.of_key('a', c.expression) == c.expected);
            BOOST_TEST(database.warnings() == 0u);
        }
    }
}

// What the writer's session is set to must not change what a date means.
BOOST_AUTO_TEST_CASE(dates_do_not_depend_on_the_writers_settings) {
    mirrored database;
    database.exec("set timezone = 'Asia/Tokyo'; set datestyle = 'German, DMY'");
    database.set_array("[" + element_of('a', R"("expires_at": "2030-02-01 00:00:00")") + "]");
    BOOST_TEST(database.of_key('a', "extract(epoch from expires_at)::bigint") == "1896134400");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_skipped_with_a_warning) {
    const std::string cases[] = {
        "null",
        "7",
        "\"text\"",
        "[]",
        "{}",
        R"({"key_id": "k"})",
        R"({"key_hash": null})",
        R"({"key_hash": 7})",
        R"({"key_hash": ""})",
        R"({"key_hash": "abc"})",
        R"({"key_hash": ")" + hash_of('a') + "0\"}",
        R"({"key_hash": ")" + hash_of('g') + "\"}",
        R"({"key_hash": ")" + hash_of('a') + "\\n\"}",
        element_of('a', R"("expires_at": "soon")"),
        element_of('a', R"("expires_at": "2030-13-45")"),
        element_of('a', R"("expires_at": true)"),
        element_of('a', R"("expires_at": {})"),
        element_of('a', R"("expires_at": 1e300)"),
        element_of('a', R"("expires_at": 1e400)"),
        element_of('a', R"("expires_at": "300000-01-01")"),
        element_of('a', R"("created_at": "never")"),
        element_of('a', R"("key_id": ")" + std::string(100, 'x') + "\", \"created_at\": []"),
    };
    mirrored database;
    for (const auto& element : cases) {
        BOOST_TEST_CONTEXT(element) {
            database.set_array("[" + element + ", " + element_of('b') + "]");
            BOOST_TEST(database.rows_there() == "1");
            BOOST_TEST(database.of_key('b', "enabled") == "true");
            BOOST_TEST(database.warnings() == 1u);
            database.set_array("[]");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_id_too_long_for_an_index_is_skipped) {
    mirrored database;
    // Not compressible below an index row's 2,700 bytes.
    const auto id =
        database.value("select string_agg(md5(n::text), '') from generate_series(1, 500) n");
    database.set_array("[" + element_of('a', "\"key_id\": \"" + id + "\"") + "]");
    BOOST_TEST(database.rows_there() == "0");
    BOOST_TEST(database.warnings() == 1u);
}

BOOST_AUTO_TEST_CASE(an_array_that_is_none_counts_as_empty) {
    for (const std::string value : {"{}", "7", "\"x\"", "true"}) {
        BOOST_TEST_CONTEXT(value) {
            mirrored database;
            database.set_array("[" + element_of('a') + "]");
            database.set_array(value);
            BOOST_TEST(database.revoked('a'));
            BOOST_TEST(database.warnings() == 1u);
        }
    }
    mirrored database;
    database.exec("alter table public.organizations alter api_keys drop not null");
    database.set_array("[" + element_of('a') + "]");
    database.exec("update public.organizations set api_keys = null");
    BOOST_TEST(database.revoked('a'));
    BOOST_TEST(database.warnings() == 0u);
    database.set_array("[" + element_of('a') + "]");
    BOOST_TEST(!database.revoked('a'));
}

BOOST_AUTO_TEST_CASE(upper_case_hashes_are_the_same_hashes) {
    mirrored database;
    database.set_array(R"([{"key_hash": ")" + hash_of('A') + R"(", "name": "one"}])");
    BOOST_TEST(database.of_key('a', "name") == "one");
    database.set_array("[" + element_of('a', R"("name": "two")") + "]");
    BOOST_TEST(database.of_key('a', "name") == "two");
    BOOST_TEST(!database.revoked('a'));
}

BOOST_AUTO_TEST_CASE(the_last_of_equal_hashes_counts) {
    mirrored database;
    database.set_array("[" + element_of('a', R"("name": "one")") + ", " +
                       element_of('a', R"("name": "two")") + "]");
    BOOST_TEST(database.of_key('a', "name") == "two");
    database.set_array("[" + element_of('a', R"("name": "two")") + ", " +
                       element_of('a', R"("name": "one")") + "]");
    BOOST_TEST(database.of_key('a', "name") == "one");
    // One of the two goes: the key is still in the array.
    database.set_array("[" + element_of('a', R"("name": "two")") + "]");
    BOOST_TEST(!database.revoked('a'));
    BOOST_TEST(database.of_key('a', "name") == "two");
}

BOOST_AUTO_TEST_CASE(a_key_id_in_use_is_skipped) {
    mirrored database;
    database.set_array("[" + element_of('a', R"("key_id": "same")") + ", " +
                       element_of('b', R"("key_id": "same")") + "]");
    BOOST_TEST(database.rows_there() == "1");
    BOOST_TEST(database.warnings() == 1u);
}

BOOST_AUTO_TEST_CASE(another_organizations_hash_is_left_alone) {
    mirrored database;
    database.set_array("[" + element_of('a', R"("name": "first")") + "]");
    database.exec(
        "insert into public.organizations (organization_id, api_keys) values ('thief', '[" +
        element_of('a', R"("name": "second")") + "]')");
    BOOST_TEST(database.warnings() == 1u);
    BOOST_TEST(database.of_key('a', "organization_id || ' ' || name") == "acme first");

    database.set_array("[]", "thief");
    BOOST_TEST(!database.revoked('a'));
    database.exec("delete from public.organizations where organization_id = 'thief'");
    BOOST_TEST(!database.revoked('a'));
}

BOOST_AUTO_TEST_CASE(latchkeys_own_keys_are_untouched) {
    mirrored database;
    database.exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, name)"
                  " values (decode('" +
                  hash_of('a') + "', 'hex'), 'own', 'acme', 'own')");
    database.set_array("[" + element_of('a', R"("name": "array", "is_active": false)") + "]");
    BOOST_TEST(database.warnings() == 1u);
    BOOST_TEST(database.of_key('a', "name") == "own");
    BOOST_TEST(database.of_key('a', "enabled") == "true");

    database.set_array("[]");
    database.exec("delete from public.organizations");
    database.exec("truncate public.organizations");
    BOOST_TEST(!database.revoked('a'));
    BOOST_TEST(database.of_key('a', "origin") == "latchkey");
}

BOOST_AUTO_TEST_CASE(a_key_revoked_in_latchkey_stays_revoked) {
    mirrored database;
    database.set_array("[" + element_of('a') + "]");
    database.exec("update latchkey.api_keys set revoked_at = now(), revoked_reason = 'leaked'");

    database.set_array("[" + element_of('a', R"("is_active": true, "name": "again")") + "]");
    BOOST_TEST(database.revoked('a'));
    database.set_array("[]");
    database.set_array("[" + element_of('a') + "]");
    BOOST_TEST(database.revoked('a'));
    BOOST_TEST(database.of_key('a', "revoked_reason") == "leaked");
}

BOOST_AUTO_TEST_CASE(delete_and_truncate_revoke) {
    mirrored database;
    database.set_array("[" + element_of('a') + "]");
    database.exec("delete from public.organizations");
    BOOST_TEST(database.revoked('a'));

    database.exec(
        "insert into public.organizations (organization_id, api_keys) values ('acme', '[" +
        element_of('a') + "]')");
    BOOST_TEST(!database.revoked('a'));
    database.exec("truncate public.organizations");
    BOOST_TEST(database.revoked('a'));
}

BOOST_AUTO_TEST_CASE(a_new_organization_id_takes_its_keys_along) {
    mirrored database;
    database.set_array("[" + element_of('a') + ", " + element_of('b') + "]");
    database.exec("update public.organizations set organization_id = 'umbrella', api_keys = '[" +
                  element_of('a') + ", " + element_of('c') + "]'");
    BOOST_TEST(database.of_key('a', "organization_id") == "umbrella");
    BOOST_TEST(!database.revoked('a'));
    BOOST_TEST(database.revoked('b'));
    BOOST_TEST(database.of_key('c', "organization_id") == "umbrella");
    BOOST_TEST(database.warnings() == 0u);
}

BOOST_AUTO_TEST_CASE(a_role_with_rights_on_public_alone_keeps_writing) {
    mirrored database;
    const auto role = database.make_role();
    database.exec("grant select, insert, update, delete, truncate on public.organizations to " +
                  role);
    session writer(database.uri(role));

    BOOST_TEST(writer.sqlstate_of("select * from latchkey.api_keys") == "42501");
    BOOST_TEST(writer.sqlstate_of("select latchkey.read_scopes('[]')") == "42501");
    writer.exec("insert into public.organizations (organization_id, api_keys) values ('old', '[" +
                element_of('a') + "]')");
    BOOST_TEST(database.of_key('a', "organization_id") == "old");
    writer.exec("update public.organizations set api_keys = '[7]' where organization_id = 'old'");
    BOOST_TEST(database.revoked('a'));
    // Look-alikes in the writer's own search path are not what the trigger calls.
    writer.exec("create function pg_temp.now() returns timestamptz language sql as"
                " $$ select 'epoch'::timestamptz $$;"
                "set search_path = pg_temp, public;"
                "update public.organizations set api_keys = '[" +
                element_of('b') + "]' where organization_id = 'old'");
    BOOST_TEST(database.of_key('b', "created_at > '2020-01-01'") == "true");
    writer.exec("delete from public.organizations where organization_id = 'old'");
    writer.exec("truncate public.organizations");
    BOOST_TEST(database.revoked('b'));
    database.exec("drop owned by " + role);
}

BOOST_AUTO_TEST_CASE(one_change_among_ten_thousand_touches_one_row) {
    mirrored database;
    const std::string array =
        "(select jsonb_agg(jsonb_build_object('key_hash', encode(sha256(n::text::bytea), 'hex'),"
        " 'name', 'n' || n)) from generate_series(1, 10000) n)";
    database.exec("update public.organizations set api_keys = " + array);
    BOOST_TEST(database.rows_there() == "10000");
    database.exec("create table before as select key_hash, xmin::text as x, ctid::text as c"
                  " from latchkey.api_keys");
    const std::string touched =
        "select count(*) from latchkey.api_keys k join before b using (key_hash)"
        " where k.xmin::text <> b.x or k.ctid::text <> b.c";

    database.exec("update public.organizations"
                  " set api_keys = jsonb_set(api_keys, '{4999,name}', '\"changed\"')");
    BOOST_TEST(database.value(touched) == "1");
    // What is not watched does not touch any.
    database.exec("update public.organizations set name = 'Acme', api_keys = api_keys");
    BOOST_TEST(database.value(touched) == "1");
    database.exec("update public.organizations set api_keys = api_keys - 0");
    BOOST_TEST(database.value(touched) == "2");
    BOOST_TEST(database.value(
                   "select count(*) from latchkey.api_keys where revoked_at is not null") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
