// Latchkey's names never refer to others' objects in schemas that they may write to: not with a
// search path that looks there first, nor if PostgreSQL's own objects match less exactly.
#include "changing.hpp"
#include "pg/connection/identity_statements.hpp"
#include "pg/writes/device_object_statements.hpp"
#include "running_store.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// Any call of these functions is an error.
std::string shadow_function(const std::string& signature, const std::string& returns) {
    return "create function public." + signature + " returns " + returns +
           " language plpgsql as $$ begin raise exception 'shadowed'; end $$;";
}
std::string shadow_operator(const std::string& name, const std::string& left,
                            const std::string& right, const std::string& returns) {
    static int count = 0;
    const auto function = "shadow_" + std::to_string(++count);
    return shadow_function(function + "(" + left + ", " + right + ")", returns) +
           "create operator public." + name + " (leftarg = " + left + ", rightarg = " + right +
           ", function = public." + function + ");";
}

std::string shadows() {
    std::string sql;
    for (const auto* signature : {"now()", "clock_timestamp()", "transaction_timestamp()"})
        sql += shadow_function(signature, "timestamptz");
    for (const auto* signature :
         {"lower(pg_catalog.text)", "set_config(pg_catalog.text, pg_catalog.text, boolean)",
          "current_setting(pg_catalog.text)", "current_setting(pg_catalog.text, boolean)",
          "jsonb_typeof(jsonb)", "encode(bytea, pg_catalog.text)", "format_type(oid, integer)",
          "current_database()", "to_char(timestamptz, pg_catalog.text)"})
        sql += shadow_function(signature, "pg_catalog.text");
    for (const auto* signature : {"sha256(bytea)", "convert_to(pg_catalog.text, name)",
                                  "decode(pg_catalog.text, pg_catalog.text)"})
        sql += shadow_function(signature, "bytea");
    for (const auto* signature :
         {"pg_notify(pg_catalog.text, pg_catalog.text)", "pg_advisory_xact_lock(bigint)"})
        sql += shadow_function(signature, "void");
    for (const auto* signature :
         {"pg_backend_pid()", "octet_length(bytea)", "cardinality(anyarray)"})
        sql += shadow_function(signature, "integer");
    sql += shadow_function("to_jsonb(anyelement)", "jsonb") +
           shadow_function("unnest(anyarray)", "setof anyelement") +
           shadow_function("gen_random_uuid()", "uuid") +
           shadow_function("pg_current_snapshot()", "pg_snapshot") +
           shadow_function("pg_try_advisory_lock(bigint)", "boolean") +
           shadow_function("isfinite(timestamptz)", "boolean");
    for (const auto* type : {"pg_catalog.text", "varchar", "bytea", "uuid", "bigint", "integer",
                             "boolean", "timestamptz", "jsonb", "xid8"})
        for (const auto* name : {"=", "<>", ">=", ">"})
            sql += shadow_operator(name, type, type, "boolean");
    sql += shadow_operator("||", "pg_catalog.text", "pg_catalog.text", "pg_catalog.text") +
           shadow_operator("->>", "jsonb", "pg_catalog.text", "pg_catalog.text") +
           shadow_operator("->", "jsonb", "pg_catalog.text", "jsonb") +
           shadow_operator("-", "timestamptz", "interval", "timestamptz") +
           shadow_operator("+", "timestamptz", "interval", "timestamptz");
    // Types are shadowed too.
    for (const auto* name : {"int4", "int8", "jsonb", "text"})
        sql += "create domain public." + std::string(name) + " as pg_catalog.bool;";
    return sql;
}

// Objects that a role with only the right to create in public can make before any migration.
void make_shadows(test_database& database) {
    const auto role = database.make_role();
    database.exec("grant create, usage on schema public to " + role);
    session hostile(database.uri(role));
    hostile.exec("set search_path = pg_catalog");
    hostile.exec(shadows());
}

// The worst further settings of a role or a database.
void look_there_first(test_database& database) {
    database.exec("do $$ begin execute pg_catalog.format('alter database %I set search_path ="
                  " public, pg_catalog', pg_catalog.current_database()); end $$;"
                  "set search_path = pg_catalog");
}

// The older service's tables, in schema public.
std::string old_tables(const std::string& type) {
    return "create table public.organizations (organization_id " + type +
           " primary key, api_keys pg_catalog.jsonb, status " + type +
           ");"
           "create table public.device_credentials (device_id " +
           type + " primary key, device_secret " + type + ", organization_id " + type +
           ", status " + type +
           ");"
           "insert into public.organizations values ('good', '[]', 'active'), ('off', '[]', 'off');"
           "insert into public.device_credentials values ('d', 's', 'good', 'active'),"
           " ('e', 's', 'off', 'active'), ('f', 's', 'good', 'off')";
}
std::string insert_key(char name, const std::string& organization) {
    return std::string("insert into latchkey.api_keys (key_hash, key_id, organization_id) values"
                       " (pg_catalog.sha256('") +
           name + "'), '" + name + "', '" + organization + "')";
}

struct verdicts {
    explicit verdicts(running_store& running) {
        running.wait_until_reachable();
        for (const char* key : {"g", "o"}) {
            const auto record = running.record_of(crypto::sha256(key));
            keys += record && record->facts().organization_enabled ? key : "-";
        }
        for (const char* id : {"d", "e", "f"}) {
            const auto record = running.device(id);
            devices +=
                record && record->facts().organization_enabled && record->facts().active ? id : "-";
        }
    }
    std::string keys, devices;
};

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_schema)

BOOST_AUTO_TEST_CASE(names_mean_what_the_catalogue_says) {
    for (const std::string type : {"pg_catalog.text", "varchar", "varchar(40)"})
        for (const bool prepared : {true, false}) {
            BOOST_TEST_CONTEXT(type << (prepared ? "" : ", behind a pooler")) {
                test_database database;
                make_shadows(database);
                database.exec(old_tables(type));
                look_there_first(database);
                database.migrate();
                database.exec(insert_key('g', "good") + ";" + insert_key('o', "off"));
                auto settings = database.configuration();
                settings.prepared_statements = prepared;
                running_store running(settings);
                const verdicts seen(running);
                BOOST_TEST(seen.keys == "g-");
                BOOST_TEST(seen.devices == "d--");
            }
        }
}

// An exact match for a type that PostgreSQL itself compares as another would win without any change
// of the search path.
BOOST_AUTO_TEST_CASE(a_better_match_in_public_is_not_taken) {
    test_database database;
    const auto role = database.make_role();
    database.exec("grant create on schema public to " + role);
    session hostile(database.uri(role));
    hostile.exec("create function public.yes(varchar, varchar) returns boolean language sql"
                 " immutable as 'select true';"
                 "create operator public.= (leftarg = varchar, rightarg = varchar,"
                 " function = public.yes);"
                 "create function public.lower(varchar) returns pg_catalog.text language sql"
                 " immutable as $$ select 'active'::pg_catalog.text $$");
    database.exec(old_tables("varchar(40)"));
    database.migrate();
    database.exec(insert_key('g', "good") + ";" + insert_key('o', "off"));
    running_store running(database.configuration());
    const verdicts seen(running);
    BOOST_TEST(seen.keys == "g-");
    BOOST_TEST(seen.devices == "d--");
}

BOOST_AUTO_TEST_CASE(operators_commands_and_triggers_are_not_deceived_either) {
    test_database database;
    make_shadows(database);
    look_there_first(database);
    database.migrate();
    changing running(database.configuration());
    BOOST_TEST(running.create(auth::new_organization{"acme", "Acme"}).has_value());
    auth::new_api_key key;
    key.key_hash = crypto::sha256("k");
    key.key_id = "k";
    key.organization_id = "acme";
    key.name = "k";
    BOOST_TEST(running.create(key).has_value());
    BOOST_TEST(running.revoke("k").has_value());
    // A writer of the old tables whose session shadows each name.
    session writer(database.uri());
    writer.exec("insert into public.organizations (organization_id, api_keys) values ('w',"
                " pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('key_hash',"
                " pg_catalog.repeat('a'::pg_catalog.text, 64::pg_catalog.int4), 'scopes',"
                " 'a b'::pg_catalog.text)))");
    writer.exec("update public.organizations set status = 'off'");
    writer.exec("insert into public.device_credentials (device_id, device_secret, organization_id)"
                " values ('d', 's', 'w')");
    writer.exec("update public.device_credentials set status = 'off'");
    writer.exec("delete from public.device_credentials");
    writer.exec("update public.organizations set api_keys = '[]'");
    BOOST_TEST(database.value("select pg_catalog.count(*) from latchkey.revocations"
                              " where kind = 'disabled_organization'") == "2");
    BOOST_TEST(database.value("select scopes from latchkey.api_keys where key_id <> 'k'") ==
               "{a,b}");
}

// The operators of citext are in another schema: they are named, not looked up.
BOOST_AUTO_TEST_CASE(citext_is_compared_as_the_database_compares_it) {
    for (const std::string schema : {"public", "elsewhere"}) {
        BOOST_TEST_CONTEXT(schema) {
            test_database database;
            if (schema != "public") database.exec("create schema " + schema);
            database.exec("create extension citext schema " + schema);
            const auto type = schema + ".citext";
            database.exec(old_tables(type));
            database.exec("insert into public.organizations values ('Loud', '[]', 'ACTIVE');"
                          "insert into public.device_credentials values"
                          " ('l', 's', 'lOUD', 'Active')");
            database.migrate();
            // A status that the column's type takes for active is also active for the
            // organization's tokens.
            BOOST_TEST(database.value("select string_agg(value, ' ') from latchkey.revocations"
                                      " where kind = 'disabled_organization'") == "off");
            database.exec(insert_key('g', "GOOD") + ";" + insert_key('o', "OFF"));

            running_store running(database.configuration());
            const verdicts seen(running);
            BOOST_TEST(seen.keys == "g-");
            BOOST_TEST(seen.devices == "d--");
            const auto loud = running.device("l");
            BOOST_REQUIRE(loud);
            BOOST_TEST(loud->facts().active);
            BOOST_TEST(loud->facts().organization_enabled);
            // Spelled as in its own table, since the feed names it so.
            BOOST_TEST(loud->facts().organization_id == "Loud");
            BOOST_TEST(running.record_of(crypto::sha256("g"))->facts().organization_id == "good");

            database.exec("delete from latchkey.changes;"
                          "update public.organizations set organization_id = 'LOUD'"
                          " where organization_id = 'Loud'");
            BOOST_TEST(database.value("select names from latchkey.changes"
                                      " where kind = 'organizations'") == "{LOUD,Loud}");

            changing writing(database.configuration());
            auth::new_api_key key;
            key.key_hash = crypto::sha256("n");
            key.key_id = "n";
            key.organization_id = "loud";
            BOOST_TEST(writing.create(key).has_value());
            BOOST_TEST(database.value("select organization_id::text from latchkey.api_keys"
                                      " where key_id = 'n'") == "LOUD");
        }
    }
}

// Page after page, in the order of the column's own type.
BOOST_AUTO_TEST_CASE(lists_of_devices_go_by_the_columns_own_order) {
    test_database database;
    database.exec("create extension citext");
    database.exec("create table public.organizations (organization_id text);"
                  "create table public.device_credentials (device_id citext primary key,"
                  " device_secret text, organization_id text);"
                  "insert into public.device_credentials values ('b', 's', 'o'), ('A', 's', 'o'),"
                  " ('D', 's', 'o'), ('c', 's', 'o')");
    database.migrate();
    changing running(database.configuration());
    const auto list = [&](const std::optional<std::string>& after, std::size_t limit) {
        return running.ask([&](auto& store) {
                          return store.list_devices({limit, after});
                      })
            .value()
            .objects;
    };
    std::string ids;
    std::optional<std::string> after;
    for (int page = 0; page < 5; ++page) {
        const auto devices = list(after, 1);
        if (devices.empty()) break;
        after = devices.back().device_id;
        ids += *after;
    }
    BOOST_TEST(ids == "AbcD");
    BOOST_TEST(list("B", 10).size() == 2u);
}

// A pooler lends a session for one transaction, and the next client must not find it changed.
BOOST_AUTO_TEST_CASE(behind_a_pooler_settings_end_with_the_transaction) {
    test_database database;
    session lent(database.uri());
    lent.exec("set search_path = public; set datestyle = 'SQL, DMY'");
    const std::string text = pg::statements::session_settings.text;
    lent.exec("prepare settings as " + text);
    lent.exec("begin");
    BOOST_TEST(lent.value("execute settings('450', 0)") == "t");
    BOOST_TEST(lent.value("show search_path") == "pg_catalog, pg_temp");
    BOOST_TEST(lent.value("show statement_timeout") == "450ms");
    BOOST_TEST(lent.value("show row_security") == "off");
    BOOST_TEST(lent.value("show jit") == "off");
    lent.exec("commit");
    BOOST_TEST(lent.value("show search_path") == "public");
    BOOST_TEST(lent.value("show statement_timeout") == "0");
    BOOST_TEST(lent.value("show datestyle") == "SQL, DMY");
    // In a session of its own the settings stay.
    BOOST_TEST(lent.value("execute settings('450', " + lent.backend_pid() + ")") == "f");
    BOOST_TEST(lent.value("show search_path") == "pg_catalog, pg_temp");
    BOOST_TEST(lent.value("show datestyle") == "ISO, YMD");
}

BOOST_AUTO_TEST_SUITE_END()
