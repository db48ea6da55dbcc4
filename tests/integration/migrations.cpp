#include "support.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using auth::legacy_device_secret;
using core::failure_kind;

namespace {

const auto silent = [](std::string_view) {};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string hash_of(char digit) {
    return std::string(64, digit);
}

std::string count_of(test_database& database, const std::string& what) {
    return database.value("select count(*) from " + what);
}

} // namespace

BOOST_AUTO_TEST_SUITE(migrations)

BOOST_AUTO_TEST_CASE(a_fresh_database_gets_all_and_then_nothing_more) {
    test_database database;
    const auto all = pg::migrations();

    const auto said = database.migrate();
    BOOST_TEST(said.size() == all.size());
    BOOST_TEST(said.at(0) == "applied " + std::string(all[0].name));
    BOOST_TEST(count_of(database, "latchkey.schema_migrations") == std::to_string(all.size()));

    BOOST_TEST(database.migrate().empty());
    BOOST_TEST(count_of(database, "latchkey.schema_migrations") == std::to_string(all.size()));
}

// No primary key, missing columns, arrays that are NULL: an old table may have any of these.
BOOST_AUTO_TEST_CASE(existing_tables_keep_their_rows_and_types) {
    struct {
        std::string type, first, second;
    } const cases[] = {
        {"text", "acme", "umbrella"},
        {"uuid", "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"},
        {"character varying(64)", "acme", "umbrella"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.type) {
            test_database database;
            database.exec("create table public.organizations (organization_id " + c.type +
                          ", api_keys jsonb, plan text);"
                          "create table public.device_credentials (device_id text,"
                          " device_secret text, organization_id " +
                          c.type + ")");
            database.exec("insert into public.organizations values ('" + c.first +
                          "', '[{\"key_hash\": \"" + hash_of('a') +
                          "\", \"name\": \"old\"}]', 'gold'), ('" + c.second +
                          "', null, 'tin'), (null, '[]', null);"
                          "insert into public.device_credentials values ('d', 's', '" +
                          c.first + "')");
            database.migrate();

            BOOST_TEST(count_of(database, "public.organizations where status = 'active'") == "3");
            BOOST_TEST(count_of(database, "public.device_credentials where status = 'active'") ==
                       "1");
            BOOST_TEST(database.value("select plan from public.organizations"
                                      " where organization_id = '" +
                                      c.first + "'") == "gold");
            for (const auto& table : {"public.organizations", "latchkey.api_keys"})
                BOOST_TEST(database.value("select format_type(atttypid, atttypmod)"
                                          " from pg_attribute where attname = 'organization_id'"
                                          " and attrelid = '" +
                                          std::string(table) + "'::regclass") == c.type);
            const auto keys = database.query("select encode(key_hash, 'hex'), organization_id,"
                                             " name, origin from latchkey.api_keys");
            BOOST_REQUIRE(keys.size() == 1u);
            BOOST_TEST(keys[0][0].value() == hash_of('a'));
            BOOST_TEST(keys[0][1].value() == c.first);
            BOOST_TEST(keys[0][2].value() == "old");
            BOOST_TEST(keys[0][3].value() == "organization_array");
        }
    }
}

BOOST_AUTO_TEST_CASE(existing_elements_that_cannot_be_read_are_only_warned_of) {
    test_database database;
    database.exec("create table public.organizations (organization_id text, api_keys jsonb);"
                  "insert into public.organizations values ('acme', '[7, {\"key_hash\": \"" +
                  hash_of('b') + "\"}]'), ('scalar', '3')");

    std::string said;
    for (const auto& line : database.migrate())
        said += line + "\n";
    BOOST_TEST(contains(said, "organization acme, api_keys[0]: skipped: it is not an object\n"));
    BOOST_TEST(contains(said, "organization scalar, api_keys: skipped: the value is not an array"));
    BOOST_TEST(contains(said, "2 elements are skipped, 0 disabled, 0 have another key_id, of 2 "
                              "organizations"));
    BOOST_TEST(!contains(said, "WARNING:  an element"));
    BOOST_TEST(count_of(database, "latchkey.api_keys") == "1");
    // Reported until they are repaired.
    BOOST_TEST(database.migrate().size() == 3u);
    database.exec("update public.organizations set api_keys = '[]'");
    BOOST_TEST(database.migrate().empty());
}

// An earlier release kept the key good, or lost it.
BOOST_AUTO_TEST_CASE(what_was_mirrored_before_is_read_again) {
    test_database database;
    const auto before = pg::migrations().first(7);
    const auto done =
        pg::migrate(database.configuration(), before, legacy_device_secret::plaintext, silent);
    BOOST_REQUIRE(done.has_value());
    const auto element = [](char digit, const std::string& rest) {
        return R"({"key_hash": ")" + hash_of(digit) + "\", \"key_id\": \"1\"" + rest + "}";
    };
    database.exec("insert into public.organizations (organization_id, api_keys) values ('a', '[" +
                  element('a', R"(, "last_used_at": 1)") + "]'), ('b', '[" + element('b', "") +
                  "]')");
    database.exec("update public.organizations set api_keys = '[" +
                  element('a', R"(, "is_active": false, "expires_at": "n/a")") +
                  "]' where organization_id = 'a'");
    BOOST_TEST(count_of(database, "latchkey.api_keys where enabled") == "1");
    const auto reader = database.make_role();
    database.exec("grant select on latchkey.changes to " + reader);

    std::string said;
    for (const auto& line : database.migrate())
        said += line + "\n";
    BOOST_TEST(contains(said, "organization a, api_keys[0]: disabled: key \"1\" cannot be read: "
                              "expires_at\n"));
    BOOST_TEST(
        contains(said, "organization b, api_keys[0]: renamed: another key has key_id \"1\""));
    BOOST_TEST(contains(said, "0 elements are skipped, 1 disabled, 1 have another key_id"));
    BOOST_TEST(count_of(database, "latchkey.api_keys where enabled") == "1");
    BOOST_TEST(database.value("select organization_id || enabled from latchkey.api_keys"
                              " where key_id like '1~%'") == "btrue");
    // Roles that could read the older tables of the schema may read this one too.
    BOOST_TEST(database.value("select has_table_privilege('" + reader +
                              "', 'latchkey.mirror_findings', 'select')") == "t");
}

// A row that cannot be read would break the answer for all keys in the same query.
BOOST_AUTO_TEST_CASE(a_row_that_could_not_be_read_is_not_taken) {
    struct {
        std::string column, value, sqlstate;
    } const cases[] = {
        {"scopes", "'{a,b}'", ""},
        {"scopes", "'{a,NULL}'", "23514"},
        {"scopes", "'{{a},{b}}'", "0A000"},
        {"caller_scopes", "'{latchkey:verify}'", ""},
        {"caller_scopes", "'{latchkey:verify,NULL}'", "23514"},
        {"(origin, caller_scopes)", "('organization_array', '{latchkey:verify}')", "23514"},
        {"allowed_networks", "'{10.0.0.0/8,::1}'", ""},
        {"allowed_networks", "'{NULL}'", "23514"},
        {"allowed_networks", "'{{::1}}'", "0A000"},
        {"metadata", "'[]'", "23514"},
        {"key_hash", "'short'", "23514"},
        {"origin", "'elsewhere'", "23514"},
        {"rate_limit_quantity", "100", "23514"},
        {"rate_limit_window_s", "60", "23514"},
        {"(rate_limit_quantity, rate_limit_window_s)", "(100, 60)", ""},
        {"(rate_limit_quantity, rate_limit_window_s)", "(0, 60)", "23514"},
        {"(rate_limit_quantity, rate_limit_window_s)", "(1000001, 1)", "23514"},
        {"(rate_limit_quantity, rate_limit_window_s)", "(1, 518401)", "23514"},
        {"(rate_limit_quantity, rate_limit_window_s, rate_limit_burst)", "(1, 518400, 1)", ""},
        {"(rate_limit_quantity, rate_limit_window_s, rate_limit_burst)", "(1, 518400, 2)", "23514"},
        {"rate_limit_scope", "'somewhere'", "23514"},
        {"(rate_limit_quantity, rate_limit_window_s, rate_limit_scope)", "(9, 60, 'fleet')", ""},
        {"(rate_limit_quantity, rate_limit_window_s, rate_limit_burst, rate_limit_scope)",
         "(9, 60, 9, 'fleet')", ""},
        // All of it comes at the window's begin: there is no other burst.
        {"(rate_limit_quantity, rate_limit_window_s, rate_limit_burst, rate_limit_scope)",
         "(9, 60, 3, 'fleet')", "23514"},
    };
    migrated_database database;
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.column << " = " << c.value) {
            database.exec("delete from latchkey.api_keys;"
                          "insert into latchkey.api_keys (key_hash, key_id, organization_id)"
                          " values (sha256('1'), 'k', 'acme')");
            BOOST_TEST(database.owner().sqlstate_of("update latchkey.api_keys set " + c.column +
                                                    " = " + c.value) == c.sqlstate);
        }
    }
}

BOOST_AUTO_TEST_CASE(organizations_without_a_key_get_an_index) {
    test_database with_key;
    with_key.migrate();
    BOOST_TEST(with_key.value("select to_regclass('organizations_organization_id_idx')") == "NULL");

    test_database without_key;
    without_key.exec("create table public.organizations (organization_id text, api_keys jsonb)");
    without_key.migrate();
    BOOST_TEST(without_key.value("select to_regclass('organizations_organization_id_idx')") !=
               "NULL");
}

BOOST_AUTO_TEST_CASE(two_migrators_at_once_apply_each_step_once) {
    test_database database;
    const auto settings = database.configuration();
    std::array<core::result<std::size_t>, 4> counts = {core::failure{}, core::failure{},
                                                       core::failure{}, core::failure{}};
    {
        std::vector<std::jthread> migrators;
        for (auto& count : counts)
            migrators.emplace_back([&] {
                count = pg::migrate(settings, pg::migrations(), legacy_device_secret::plaintext,
                                    silent);
            });
    }
    std::size_t applied = 0;
    for (const auto& count : counts) {
        BOOST_TEST_INFO((count ? std::string("done") : count.error().message));
        BOOST_TEST(count.has_value());
        if (count) applied += *count;
    }
    BOOST_TEST(applied == pg::migrations().size());
}

BOOST_AUTO_TEST_CASE(a_changed_migration_is_refused_before_anything_is_done) {
    migrated_database database;
    database.exec("update latchkey.schema_migrations set checksum = 'x' where version = 2;"
                  "delete from latchkey.schema_migrations where version = 3");

    const auto done = pg::migrate(database.configuration(), pg::migrations(),
                                  legacy_device_secret::plaintext, silent);
    BOOST_TEST((done.error().kind == failure_kind::conflict));
    BOOST_TEST(contains(done.error().message, std::string(pg::migrations()[1].name)));
    BOOST_TEST(contains(done.error().message, "nothing was done"));
    BOOST_TEST(count_of(database, "latchkey.schema_migrations where version = 3") == "0");
}

BOOST_AUTO_TEST_CASE(a_newer_database_is_left_as_it_is) {
    migrated_database database;
    database.exec("insert into latchkey.schema_migrations values (900, '0900_later', 'x')");

    const auto done = pg::migrate(database.configuration(), pg::migrations(),
                                  legacy_device_secret::plaintext, silent);
    BOOST_TEST(done.value() == 0u);
}

BOOST_AUTO_TEST_CASE(a_failing_migration_is_rolled_back_and_named) {
    test_database database;
    const pg::migration steps[] = {
        {1, "0001_good", "create table public.good (a int)"},
        {2, "0002_bad", "create table public.half (a int); select 1 / 0"},
        {3, "0003_never", "create table public.never (a int)"},
    };
    const auto done =
        pg::migrate(database.configuration(), steps, legacy_device_secret::plaintext, silent);

    BOOST_TEST(contains(done.error().message, "migration 0002_bad failed and was rolled back"));
    BOOST_TEST(contains(done.error().message, "division by zero"));
    BOOST_TEST(database.value("select to_regclass('public.good')") == "good");
    BOOST_TEST(database.value("select to_regclass('public.half')") == "NULL");
    BOOST_TEST(database.value("select to_regclass('public.never')") == "NULL");
    BOOST_TEST(count_of(database, "latchkey.schema_migrations") == "1");
}

// Their kind decides whether they open anything, so it must be known before anything is done.
BOOST_AUTO_TEST_CASE(bare_secrets_stop_it_until_somebody_says_what_they_are) {
    test_database database;
    database.exec("create table public.organizations (organization_id text, api_keys jsonb);"
                  "create table public.device_credentials (device_id text, device_secret text,"
                  " organization_id text);"
                  "insert into public.device_credentials (device_id, device_secret) values"
                  " ('1', repeat('a7', 32)), ('2', repeat('B8', 32)), ('3', 'deadbeef'),"
                  " ('4', 'correct+horse/9'), ('5', 'correct horse'), ('6', ''), ('7', null),"
                  " ('8', 'sha256:' || repeat('0', 64)), ('9', 'scrypt:whatever')");
    std::string said;
    const auto run = [&](legacy_device_secret legacy) {
        said.clear();
        return pg::migrate(database.configuration(), pg::migrations(), legacy,
                           [&](std::string_view line) { said += std::string(line) + '\n'; });
    };
    const auto stopped = run(legacy_device_secret::unset);
    BOOST_TEST((stopped.error().kind == failure_kind::invalid));
    BOOST_TEST(contains(stopped.error().message, "holds 5 secrets"));
    BOOST_TEST(contains(stopped.error().message, "2 bare secrets of 64 hexadecimal digits and 3"));
    for (const auto* name : {"\"plaintext\"", "\"sha256-hex\"", "\"mixed\""})
        BOOST_TEST(contains(stopped.error().message, name));
    BOOST_TEST(contains(stopped.error().message, "auth.legacy_device_secret"));
    BOOST_TEST(said == "device_secret: 2 of 64 characters, hex-64\n"
                       "device_secret: 1 of 8 characters, hex\n"
                       "device_secret: 1 of 13 characters, other\n"
                       "device_secret: 1 of 15 characters, base64-ish\n");
    for (const auto* secret : {"a7a7", "B8", "dead", "correct", "horse", "whatever"})
        BOOST_TEST(!contains(said + stopped.error().message, secret));
    BOOST_TEST(database.value("select to_regnamespace('latchkey')") == "NULL");

    BOOST_TEST(run(legacy_device_secret::sha256_hex).value() == pg::migrations().size());
    BOOST_TEST(contains(said, "and the others open nothing"));
    BOOST_TEST(run(legacy_device_secret::plaintext).value() == 0u);
    BOOST_TEST(contains(said, "2 bare secrets of 64 hexadecimal digits and 3 others: with "
                              "auth.legacy_device_secret = \"plaintext\" all of them"));
    BOOST_TEST(run(legacy_device_secret::mixed).value() == 0u);
    BOOST_TEST(contains(said, "\"mixed\" the digits are SHA-256"));
    // The secret from before the last rotation counts too.
    database.exec("update public.device_credentials set device_secret ="
                  " 'sha256:' || encode(sha256(device_secret::bytea), 'hex'), previous_secret ="
                  " device_secret where device_id < '6'");
    BOOST_TEST(contains(run(legacy_device_secret::unset).error().message, "holds 5 secrets"));
    database.exec("update public.device_credentials set device_secret = previous_secret,"
                  " previous_secret = null where device_id < '6'");
    // A schema that is up to date is refused too: an operator who loses the setting later learns of
    // it.
    BOOST_TEST((run(legacy_device_secret::unset).error().kind == failure_kind::invalid));
    database.exec("update public.device_credentials set device_secret ="
                  " 'sha256:' || encode(sha256(device_secret::bytea), 'hex')"
                  " where device_id < '6'");
    BOOST_TEST(run(legacy_device_secret::unset).value() == 0u);
    BOOST_TEST(said == "");
}

BOOST_AUTO_TEST_CASE(many_shapes_of_bare_secrets_are_a_few_lines) {
    migrated_database database;
    database.exec("insert into public.device_credentials (device_id, device_secret,"
                  " organization_id) select n, repeat('x', n), 'o' from generate_series(1, 30) n");
    std::size_t lines = 0;
    const auto done = pg::migrate(database.configuration(), pg::migrations(),
                                  legacy_device_secret::unset, [&](std::string_view) { ++lines; });
    BOOST_TEST(!done.has_value());
    BOOST_TEST(lines == 21u);
}

BOOST_AUTO_TEST_CASE(an_unreachable_database_is_said_without_its_password) {
    for (const std::string uri :
         {"postgresql://u:hunter2@/x?host=/nowhere", "postgresql://u:hunter2@[::1/x"}) {
        BOOST_TEST_CONTEXT(uri) {
            pg::configuration settings;
            settings.uri = crypto::secret(uri);
            const auto done =
                pg::migrate(settings, pg::migrations(), legacy_device_secret::plaintext, silent);
            BOOST_TEST(!done.has_value());
            BOOST_TEST(!contains(done.error().message, "hunter2"));
        }
    }
}

BOOST_AUTO_TEST_CASE(that_triggers_have_more_rights_than_the_tables_owner_is_said) {
    test_database database;
    const auto role = database.make_role();
    database.migrate();
    const auto notes = [&] {
        return std::ranges::count_if(database.migrate(), [&](const std::string& line) {
            return line.find("tables of \"" + role + "\" act with a superuser's rights") !=
                   std::string::npos;
        });
    };
    BOOST_TEST(notes() == 0);
    database.exec("alter table public.organizations owner to " + role);
    BOOST_TEST(notes() == 1);
    database.exec("alter table public.organizations owner to current_user");
}

BOOST_AUTO_TEST_SUITE_END()
