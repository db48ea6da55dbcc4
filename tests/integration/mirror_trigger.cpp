// The mirror of public.organizations.api_keys in latchkey.api_keys.
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

// A writer of the old service, and the resulting keys.
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
    std::string findings() {
        return value(
            "select coalesce(string_agg(place || ' ' || outcome || ' ' || code || E'\\n', ''"
            " order by organization_id, place, outcome), '') from latchkey.mirror_findings");
    }
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
        {R"("scopes": {})", "enabled::text || scopes::text", "true{}"},
        {R"("scopes": null, "permissions": [null, 2, "b"])", "scopes", "{2,b}"},
        {R"("is_active": true)", "enabled", "true"},
        {R"("is_active": null)", "enabled", "true"},
        {R"("is_active": 1)", "enabled", "true"},
        {R"("is_active": "true")", "enabled", "true"},
        {R"("is_active": false)", "enabled", "false"},
        {R"("is_active": 0)", "enabled", "false"},
        {R"("is_active": "false")", "enabled", "false"},
        {R"("status": "active")", "enabled", "true"},
        {R"("status": "ACTIVE")", "enabled", "true"},
        {R"("status": null)", "enabled", "true"},
        {R"("status": "revoked")", "enabled", "false"},
        {R"("status": "active", "is_active": false)", "enabled", "false"},
        {R"("expires_at": "2030-01-02T03:04:05Z")", "expires_at", "2030-01-02 03:04:05+00"},
        {R"("expires_at": "2030-01-02T03:04:05+02:00")", "expires_at", "2030-01-02 01:04:05+00"},
        {R"("expires_at": "2030-01-02 03:04:05")", "expires_at", "2030-01-02 03:04:05+00"},
        {R"("expires_at": "2030-01-02")", "expires_at", "2030-01-02 00:00:00+00"},
        {R"("expires_at": 1893553445)", "expires_at", "2030-01-02 03:04:05+00"},
        {R"("expires_at": 1577836800000)", "expires_at", "2020-01-01 00:00:00+00"},
        {R"("expires_at": 1577836800.5)", "expires_at", "2020-01-01 00:00:00.5+00"},
        {R"("expires_at": 99999999999)", "expires_at", "5138-11-16 09:46:39+00"},
        {R"("expires_at": 100000000000)", "expires_at", "1973-03-03 09:46:40+00"},
        {R"("expires_at": -1)", "expires_at", "1969-12-31 23:59:59+00"},
        {R"("expires_at": 0)", "expires_at", "1970-01-01 00:00:00+00"},
        {R"("expires_at": "1577836800")", "expires_at", "2020-01-01 00:00:00+00"},
        {R"("expires_at": "1577836800.5")", "expires_at", "2020-01-01 00:00:00.5+00"},
        {R"("expires_at": "157766400")", "expires_at", "1975-01-01 00:00:00+00"},
        {R"("expires_at": "15778368000")", "expires_at", "2469-12-30 00:00:00+00"},
        {R"("expires_at": "157766400000")", "expires_at", "1975-01-01 00:00:00+00"},
        {R"("expires_at": "1577836800000")", "expires_at", "2020-01-01 00:00:00+00"},
        {R"("expires_at": "15778368000000")", "expires_at", "2469-12-30 00:00:00+00"},
        {R"("expires_at": "20300102")", "expires_at", "2030-01-02 00:00:00+00"},
        {R"("expires_at": "20300102T030405Z")", "expires_at", "2030-01-02 03:04:05+00"},
        {R"("expires_at": "Wed, 02 Jan 2030 03:04:05 GMT")", "expires_at",
         "2030-01-02 03:04:05+00"},
        {R"("expires_at": "")", "expires_at", "NULL"},
        {R"("expires_at": null)", "expires_at", "NULL"},
        {R"("created_at": "2020-01-02T03:04:05Z")", "created_at", "2020-01-02 03:04:05+00"},
        {R"("created_at": null)", "created_at > now() - interval '1 h'", "true"},
        {R"("created_at": "never")", "created_at > now() - interval '1 h' and enabled", "true"},
        {R"("created_at": {})", "created_at > now() - interval '1 h' and enabled", "true"},
        {R"("name": {"a": 1})", "enabled", "true"},
        {R"("metadata": 7)", "enabled", "true"},
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

// The settings of the writer's session must not change the meaning of a date.
BOOST_AUTO_TEST_CASE(dates_do_not_depend_on_the_writers_settings) {
    mirrored database;
    database.exec("set timezone = 'Asia/Tokyo'; set datestyle = 'German, DMY';"
                  "set timezone_abbreviations = 'Australia'");
    database.set_array("[" + element_of('a', R"("expires_at": "2030-02-01 00:00:00")") + "," +
                       element_of('b', R"("expires_at": "2030-02-01 00:00 EST")") + "]");
    BOOST_TEST(database.of_key('a', "extract(epoch from expires_at)::bigint") == "1896134400");
    BOOST_TEST(database.of_key('b', "extract(epoch from expires_at)::bigint") == "1896152400");
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
        R"({"key_hash": " )" + hash_of('a') + "\"}",
        R"({"key_hash": "sha256:)" + hash_of('a') + "\"}",
        R"({"hash": ")" + hash_of('a') + "\"}",
        R"({"key_hash": [")" + hash_of('a') + "\"]}",
        "[" + element_of('a') + "]",
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

// Whether or not a good element was there before, one that cannot be read is not ignored.
BOOST_AUTO_TEST_CASE(what_is_judged_and_cannot_be_read_disables_the_key) {
    const std::string cases[] = {
        R"("is_active": false, "expires_at": "n/a")",
        R"("expires_at": "soon")",
        R"("expires_at": "2030-13-45")",
        R"("expires_at": true)",
        R"("expires_at": {})",
        R"("expires_at": ["2030-01-02"])",
        R"("expires_at": 1e300)",
        R"("expires_at": 1e400)",
        R"("expires_at": 1577836800000000)",
        R"("expires_at": 20251231235959)",
        R"("expires_at": "20251231235959")",
        R"("expires_at": "0")",
        R"("expires_at": "-1")",
        R"("expires_at": "203001")",
        R"("expires_at": "157783680000000")",
        R"("expires_at": "20301345")",
        R"("expires_at": "+1577836800")",
        R"("expires_at": "1577830101 00:00")",
        R"("expires_at": "300000-01-01")",
        R"("expires_at": "10000-01-01")",
        R"("expires_at": "30-01-02")",
        R"("expires_at": "infinity")",
        R"("expires_at": "-infinity")",
        R"("expires_at": "epoch")",
        R"("expires_at": "now")",
        R"("expires_at": "today")",
        R"("expires_at": "tomorrow")",
        R"("expires_at": "TOMORROW 10:00")",
        R"("expires_at": "yesterday")",
        R"("expires_at": "J2462000")",
        R"("expires_at": "NaN")",
        R"("expires_at": " ")",
        R"("expires_at": "never")",
        R"("is_active": "perhaps")",
        R"("is_active": "")",
        R"("is_active": "true ")",
        R"("is_active": 2)",
        R"("is_active": {})",
        R"("is_active": [true])",
        R"("status": 7)",
        R"("status": true)",
        R"("status": ["active"])",
        R"("status": {"active": true})",
        R"("scopes": 7)",
        R"("scopes": true)",
        R"("scopes": {"read": true})",
        R"("scopes": ["read", {"deny": "write"}])",
        R"("permissions": ["read", ["write"]])",
        R"("permissions": [true])",
    };
    mirrored database;
    for (const auto& fields : cases) {
        BOOST_TEST_CONTEXT(fields) {
            for (const bool was_good : {true, false}) {
                database.exec("delete from latchkey.api_keys; update public.organizations"
                              " set api_keys = '[]'");
                if (was_good) database.set_array("[" + element_of('a') + "]");
                BOOST_TEST(database.warnings() == 0u);
                database.set_array("[" + element_of('a', fields) + ", " + element_of('b') + "]");
                BOOST_TEST(database.of_key('a', "enabled") == "false");
                BOOST_TEST(!database.revoked('a'));
                BOOST_TEST(database.of_key('b', "enabled") == "true");
                BOOST_TEST(database.warnings() == 1u);
                BOOST_TEST(database.findings() == "0 disabled unreadable\n");
            }
            // Once repaired, the key is good again, and no finding is left.
            database.set_array("[" + element_of('a') + ", " + element_of('b') + "]");
            BOOST_TEST(database.of_key('a', "enabled") == "true");
            BOOST_TEST(database.findings() == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_hash_that_cannot_be_read_any_more_is_a_key_removed) {
    mirrored database;
    for (const std::string& hash : {" " + hash_of('a'), "sha256:" + hash_of('a'), std::string()}) {
        database.set_array("[" + element_of('a') + "]");
        BOOST_TEST(!database.revoked('a'));
        database.set_array(R"([{"key_hash": ")" + hash + "\"}]");
        BOOST_TEST(database.revoked('a'));
        BOOST_TEST(database.findings() == "0 skipped no_key_hash\n");
    }
}

// A bad key_id never keeps a key from being good.
BOOST_AUTO_TEST_CASE(a_key_id_that_cannot_be_one_is_made_from_the_hash) {
    const std::string cases[] = {
        R"("key_id": {"a": 1})",   R"("key_id": ["k"])",
        R"("key_id": true)",       R"("key_id": "a\u0001b")",
        R"("key_id": "a\nb")",     R"("key_id": "a\u0085b")",
        R"("key_id": "a\u202eb")", R"("key_id": ")" + std::string(257, 'x') + '"',
        R"("key_id": 1e400)",
    };
    mirrored database;
    for (const auto& fields : cases) {
        BOOST_TEST_CONTEXT(fields) {
            database.set_array("[]");
            database.set_array("[" + element_of('a', fields) + "]");
            BOOST_TEST(database.of_key('a', "key_id like 'key\\_%' and length(key_id) = 28 and "
                                            "enabled and revoked_at is null") == "true");
            BOOST_TEST(database.findings() == "0 renamed key_id_unusable\n");
            BOOST_TEST(database.warnings() == 1u);
        }
    }
    for (const std::string& id :
         {std::string(256, 'y'), std::string("d\u00fc 1"), std::string("7")}) {
        database.set_array("[" + element_of('b', "\"key_id\": \"" + id + "\"") + "]");
        BOOST_TEST(database.of_key('b', "key_id") == id);
        BOOST_TEST(database.findings() == "");
    }
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
    // One of the two elements goes: the key is still in the array.
    database.set_array("[" + element_of('a', R"("name": "two")") + "]");
    BOOST_TEST(!database.revoked('a'));
    BOOST_TEST(database.of_key('a', "name") == "two");
}

BOOST_AUTO_TEST_CASE(a_key_id_in_use_gets_a_suffix_that_stays) {
    mirrored database;
    database.exec("insert into public.organizations (organization_id) values ('other')");
    database.exec("insert into latchkey.api_keys (key_hash, key_id, organization_id)"
                  " values (sha256('own'), 'own', 'acme')");
    const auto with_id = [](char digit, const std::string& id, const std::string& more = {}) {
        return element_of(digit, "\"key_id\": \"" + id + "\"" + more);
    };
    const auto suffixed = [&](char digit, const std::string& id) {
        return database.value("select '" + id + "~' || substr(encode(sha256(decode('" +
                              hash_of(digit) + "', 'hex')), 'hex'), 1, 12)");
    };
    database.set_array("[" + with_id('c', "1") + ", " + with_id('b', "1") + "]");
    BOOST_TEST(database.of_key('c', "key_id") == "1"); // the first in the array
    BOOST_TEST(database.of_key('b', "key_id") == suffixed('b', "1"));
    database.set_array("[" + with_id('d', "1") + ", " + with_id('e', "own") + "]", "other");
    BOOST_TEST(database.of_key('d', "key_id") == suffixed('d', "1"));
    BOOST_TEST(database.of_key('e', "key_id") == suffixed('e', "own"));
    BOOST_TEST(database.warnings() == 3u);
    BOOST_TEST(database.findings() == "1 renamed key_id_taken\n0 renamed key_id_taken\n"
                                      "1 renamed key_id_taken\n");
    for (const char digit : {'b', 'c', 'd', 'e'})
        BOOST_TEST(database.of_key(digit, "enabled and revoked_at is null") == "true");

    // The suffix stays, even if the key that had the id first is deleted.
    database.exec("delete from latchkey.api_keys where key_id = '1'");
    database.set_array("[" + with_id('d', "1", ", \"name\": \"n\"") + "]", "other");
    BOOST_TEST(database.of_key('d', "key_id || ' ' || name") == suffixed('d', "1") + " n");
}

// The old service gives a rotated key the same id; ids that are swapped are another such case.
BOOST_AUTO_TEST_CASE(a_key_that_takes_a_key_id_over_is_good) {
    mirrored database;
    database.set_array("[" + element_of('a', R"("key_id": "1")") + "]");
    database.set_array("[" + element_of('b', R"("key_id": "1")") + "]");
    BOOST_TEST(database.revoked('a'));
    BOOST_TEST(database.of_key('b', "key_id like '1~%' and enabled and revoked_at is null") ==
               "true");
    database.set_array("[" + element_of('c', R"("key_id": "2")") + ", " +
                       element_of('d', R"("key_id": "3")") + "]");
    database.set_array("[" + element_of('c', R"("key_id": "3")") + ", " +
                       element_of('d', R"("key_id": "2")") + "]");
    BOOST_TEST(database.of_key('c', "key_id like '3~%' and enabled") == "true");
    BOOST_TEST(database.of_key('d', "key_id like '2~%' and enabled") == "true");
}

// Another key already has the id that the suffix would make.
BOOST_AUTO_TEST_CASE(a_key_is_taken_whatever_ids_are_in_use) {
    mirrored database;
    database.exec("insert into latchkey.api_keys (key_hash, key_id, organization_id)"
                  " select sha256(id::bytea), id, 'acme' from (values ('1'), ('1~' ||"
                  " substr(encode(sha256(decode('" +
                  hash_of('a') + "', 'hex')), 'hex'), 1, 12))) as taken (id)");
    database.set_array("[" + element_of('a', R"("key_id": "1")") + ", " +
                       element_of('b', R"("key_id": "2")") + "]");
    BOOST_TEST(database.of_key('a', "key_id ~ '^key_[0-9a-f]{64}$' and enabled") == "true");
    BOOST_TEST(database.of_key('b', "key_id") == "2");
    BOOST_TEST(database.findings() == "0 renamed key_id_taken\n");
}

// The key may do what all its elements allow: a good element does not undo another's restriction.
BOOST_AUTO_TEST_CASE(a_repeated_hash_may_do_what_all_of_its_elements_allow) {
    struct {
        std::string first, last, expected;
        const char* findings;
    } const cases[] = {
        {"", "", "true {} NULL", "0 skipped duplicate\n"},
        {R"("is_active": false)", "", "false {} NULL", "0 skipped duplicate\n"},
        {R"("expires_at": "n/a")", "", "false {} NULL",
         "0 skipped duplicate\n2 disabled unreadable\n"},
        {R"("expires_at": "2030-01-01")", "", "true {} 2030-01-01 00:00:00+00",
         "0 skipped duplicate\n"},
        {R"("expires_at": "2031-01-01")", R"("expires_at": "2030-01-01")",
         "true {} 2030-01-01 00:00:00+00", "0 skipped duplicate\n"},
        {R"("scopes": ["a", "b"])", R"("scopes": ["b", "c"])", "true {b} NULL",
         "0 skipped duplicate\n"},
        {R"("scopes": ["a"])", R"("scopes": ["b", "c"])", "true {} NULL", "0 skipped duplicate\n"},
    };
    mirrored database;
    database.exec("set timezone = 'UTC'");
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.first << " then " << c.last) {
            database.set_array("[]");
            database.set_array("[" + element_of('a', c.first) + ", " + element_of('b') + ", " +
                               element_of('a', c.last) + "]");
            BOOST_TEST(database.of_key('a', "concat_ws(' ', enabled::text, scopes,"
                                            " coalesce(expires_at::text, 'NULL'))") == c.expected);
            BOOST_TEST(database.findings() == c.findings);
        }
    }
    // The element that disabled the key goes.
    database.set_array("[" + element_of('a', R"("is_active": false)") + ", " + element_of('a') +
                       "]");
    database.set_array("[" + element_of('a') + "]");
    BOOST_TEST(database.of_key('a', "enabled") == "true");
    BOOST_TEST(database.findings() == "");
}

BOOST_AUTO_TEST_CASE(findings_follow_their_elements) {
    mirrored database;
    const auto bad = element_of('a', R"("expires_at": "n/a")");
    database.set_array("[7, " + bad + ", {}]");
    const std::string found =
        "0 skipped no_key_hash\n1 disabled unreadable\n2 skipped no_key_hash\n";
    BOOST_TEST(database.findings() == found);
    BOOST_TEST(database.warnings() == 3u);
    database.set_array("[" + element_of('b') + ", 7, " + bad + ", {}]");
    BOOST_TEST(database.findings() ==
               "1 skipped no_key_hash\n2 disabled unreadable\n3 skipped no_key_hash\n");
    database.exec("update public.organizations set organization_id = 'umbrella'");
    BOOST_TEST(database.value("select count(*) from latchkey.mirror_findings"
                              " where organization_id = 'umbrella'") == "3");
    database.set_array("[" + bad + "]", "umbrella");
    BOOST_TEST(database.findings() == "0 disabled unreadable\n");
    database.exec("delete from public.organizations");
    BOOST_TEST(database.findings() == "");
    BOOST_TEST(database.revoked('a'));

    database.exec("insert into public.organizations (organization_id, api_keys)"
                  " values ('acme', '[7]'), ('none', '{}')");
    BOOST_TEST(database.findings() == "0 skipped no_key_hash\n-1 skipped not_an_array\n");
    database.exec("truncate public.organizations");
    BOOST_TEST(database.findings() == "");
}

// The cause may be in another organization, and be repaired there.
BOOST_AUTO_TEST_CASE(an_organization_is_mirrored_again) {
    mirrored database;
    database.exec("insert into public.organizations (organization_id) values ('other')");
    database.set_array("[" + element_of('a') + "]", "other");
    database.set_array("[" + element_of('a') + "]");
    BOOST_TEST(database.findings() == "0 skipped of_another_organization\n");
    database.set_array("[]", "other");
    database.exec("delete from latchkey.api_keys");
    database.exec("select latchkey.mirror_again('acme')");
    BOOST_TEST(database.of_key('a', "organization_id") == "acme");
    BOOST_TEST(database.findings() == "");
}

BOOST_AUTO_TEST_CASE(touches_change_nothing) {
    mirrored database;
    const auto state = [&] {
        return database.value("select string_agg(xmin::text || ctid::text || metadata::text, ' ')"
                              " from latchkey.api_keys") +
               database.value("select count(*) from latchkey.changes");
    };
    database.set_array(
        "[" + element_of('a', R"("last_used_at": 1, "team": "x", "metadata": {"last_seen": 1})") +
        ", " + element_of('b') + "]");
    BOOST_TEST(database.of_key('a', "metadata") == R"({"team": "x"})");
    const auto before = state();
    database.set_array("[" +
                       element_of('a', R"("last_used_at": "2030", "usage_count": 7, "team": "x",)"
                                       R"( "metadata": {"last_seen": 2, "lastUsed": 3})") +
                       ", " + element_of('b', R"("last_used": {})") + "]");
    BOOST_TEST(state() == before);
    BOOST_TEST(database.warnings() == 0u);

    // Changes of fields that matter are applied along with it.
    database.set_array("[" + element_of('a', R"("last_used_at": 9, "is_active": false)") + "]");
    BOOST_TEST(database.of_key('a', "enabled") == "false");
    BOOST_TEST(database.revoked('b'));
}

BOOST_AUTO_TEST_CASE(a_changed_list_of_touches_is_obeyed) {
    mirrored database;
    database.set_array("[" + element_of('a', R"("seen_by": "x", "last_used_at": 1)") + "]");
    BOOST_TEST(database.of_key('a', "metadata") == R"({"seen_by": "x"})");
    database.exec("insert into latchkey.mirror_touches values ('seen_by')");
    BOOST_TEST(database.of_key('a', "metadata") == "{}");
    const auto told = database.value("select count(*) from latchkey.changes");
    database.set_array("[" + element_of('a', R"("seen_by": "y", "last_used_at": 2)") + "]");
    BOOST_TEST(database.value("select count(*) from latchkey.changes") == told);
    database.exec("delete from latchkey.mirror_touches where name = 'last_used_at'");
    BOOST_TEST(database.of_key('a', "metadata") == R"({"last_used_at": 2})");
    database.exec("truncate latchkey.mirror_touches");
    BOOST_TEST(database.of_key('a', "metadata") == R"({"seen_by": "y", "last_used_at": 2})");
    for (const char* judged : {"expires_at", "key_hash", "is_active", "metadata"})
        BOOST_TEST(database.owner().sqlstate_of("insert into latchkey.mirror_touches values ('" +
                                                std::string(judged) + "')") == "23514");
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
    // The trigger does not call functions of the same name in the writer's search path.
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
    // A write without a relevant change touches no row.
    database.exec("update public.organizations set name = 'Acme', api_keys = api_keys");
    BOOST_TEST(database.value(touched) == "1");
    database.exec("update public.organizations set api_keys = api_keys - 0");
    BOOST_TEST(database.value(touched) == "2");
    BOOST_TEST(database.value(
                   "select count(*) from latchkey.api_keys where revoked_at is not null") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
