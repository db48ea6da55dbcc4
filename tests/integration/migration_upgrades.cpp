// Whichever releases migrated a database before, it ends with the same schema and the same keys.
#include "schema_catalog.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <list>
#include <set>
#include <sstream>

using namespace latchkey;
using namespace latchkey::test;
using auth::legacy_device_secret;

namespace {

// The older service's tables, with elements that cannot be taken as they stand. An organization
// with 40 keys needs more than the first batch.
constexpr const char* old_tables = R"(
    create table public.organizations (
        organization_id text primary key, api_keys jsonb default '[]', status text);
    create table public.device_credentials (
        device_id text primary key, device_secret text, organization_id text);
    insert into public.organizations values
        ('good', (select jsonb_agg(jsonb_build_object(
             'key_hash', encode(sha256(n::text::bytea), 'hex'), 'key_id', 'g' || n))
             from generate_series(1, 40) n), 'active'),
        ('off', '[{"key_hash": "AA%1$s", "key_id": "g1"}, 7,
                  {"key_hash": "aa%1$s", "is_active": false}]', 'off'),
        ('odd', '3', null), ('empty', null, 'active')
)";
std::string with_digits(std::string sql) {
    for (std::size_t at; (at = sql.find("%1$s")) != sql.npos;)
        sql.replace(at, 4, std::string(62, '7'));
    return sql;
}

// The texts of releases that applied each migration in one transaction.
class released_migrations {
  public:
    released_migrations() {
        const std::filesystem::path folder = LATCHKEY_SOURCE_DIR "/tests/integration/released";
        for (const auto& m : pg::migrations().first(10)) {
            all_.push_back(m);
            std::ifstream file(folder / (std::string(m.name) + ".sql"));
            if (!file) continue;
            std::ostringstream text;
            text << file.rdbuf();
            texts_.push_back(text.str());
            all_.back().sql = texts_.back();
        }
    }
    std::span<const pg::migration> first(std::size_t count) const {
        return std::span(all_).first(count);
    }

  private:
    std::list<std::string> texts_;
    std::vector<pg::migration> all_;
};

void apply(test_database& database, std::span<const pg::migration> migrations) {
    const auto done = pg::migrate(database.configuration(), migrations,
                                  legacy_device_secret::plaintext, [](std::string_view) {});
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
}

} // namespace

BOOST_AUTO_TEST_SUITE(migration_upgrades)

BOOST_AUTO_TEST_CASE(from_every_earlier_state_it_comes_to_the_same) {
    const released_migrations released;
    test_database fresh;
    fresh.exec(with_digits(old_tables));
    fresh.migrate();
    const auto schema = schema_catalog(fresh);
    const auto keys = mirrored(fresh);
    BOOST_TEST(fresh.value("select count(*) from latchkey.api_keys") == "41");
    BOOST_TEST(fresh.value("select string_agg(value, ' ' order by value) from latchkey.revocations"
                           " where kind = 'disabled_organization'") == "odd off");
    for (const std::size_t count : {1, 3, 4, 5, 6, 7, 10}) {
        BOOST_TEST_CONTEXT(count << " migrations of the earlier release") {
            test_database database;
            database.exec(with_digits(old_tables));
            apply(database, released.first(count));
            apply(database, pg::migrations());
            BOOST_TEST(schema_catalog(database) == schema);
            BOOST_TEST(mirrored(database) == keys);
            BOOST_TEST(database.migrate().size() > 0u); // the findings
            // A server of this release works with it.
            std::vector<pg::applied_migration> applied;
            for (const auto& row :
                 database.query("select version, name, checksum from latchkey.schema_migrations"))
                applied.push_back({std::stoi(row[0].value()), row[1].value(), row[2].value()});
            BOOST_TEST(!pg::schema_mismatch(pg::migrations(), applied).has_value());
        }
    }
}

// An earlier release knew no kinds: a new credential with the same id withdrew the revocation.
BOOST_AUTO_TEST_CASE(what_another_kind_had_withdrawn_is_revoked_again) {
    const released_migrations released;
    test_database database;
    apply(database, released.first(7));
    database.exec("insert into public.organizations (organization_id) values ('o');"
                  "insert into latchkey.api_keys (key_hash, key_id, organization_id)"
                  " select sha256(id::bytea), id, 'o' from unnest(array['a', 'b', 'c']) id;"
                  "update latchkey.api_keys set revoked_at = now() where key_id in ('a', 'b');"
                  "insert into public.device_credentials (device_id, device_secret,"
                  " organization_id) values ('a', 's', 'o'), ('c', 's', 'o')");
    const auto revoked = [&] {
        return database.value("select string_agg(value, ' ' order by value) from"
                              " latchkey.revocations where kind = 'credential'");
    };
    BOOST_TEST(revoked() == "b");
    apply(database, pg::migrations());
    BOOST_TEST(revoked() == "a b");
    BOOST_TEST(database.value("select credential_kind from latchkey.revocations"
                              " where value = 'a'") == "api_key");
}

// Each run ends at the first boundary that no run has reached yet.
BOOST_AUTO_TEST_CASE(ended_anywhere_it_goes_on_from_there) {
    test_database whole;
    whole.exec(with_digits(old_tables));
    whole.migrate();

    test_database database;
    database.exec(with_digits(old_tables));
    std::set<std::string> seen;
    struct ended {};
    bool is_done = false;
    int batches = 0;
    constexpr int batches_most = 8;
    while (!is_done) {
        BOOST_REQUIRE(seen.size() < 1000u);
        try {
            const auto done = pg::migrate(
                database.configuration(), pg::migrations(),
                {.legacy = legacy_device_secret::plaintext,
                 .say = [](std::string_view) {},
                 .at =
                     [&](const std::string& point) {
                         // The last batch finds nothing to do, however often it runs.
                         const bool is_batch = point.ends_with("batch") && batches < batches_most;
                         if (seen.insert(is_batch ? point + std::to_string(++batches) : point)
                                 .second)
                             throw ended{};
                     }});
            BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
            is_done = true;
        } catch (const ended&) {
        }
    }
    // At least two boundaries for each migration, and more than one batch.
    BOOST_TEST(seen.size() > 2 * pg::migrations().size());
    BOOST_TEST(batches > 2);
    BOOST_TEST(schema_catalog(database) == schema_catalog(whole));
    BOOST_TEST(mirrored(database) == mirrored(whole));
    BOOST_TEST(database.value("select to_regclass('latchkey.schema_steps')") == "NULL");
}

BOOST_AUTO_TEST_CASE(what_another_text_has_begun_is_left_to_it) {
    const pg::migration one[] = {{1, "0001_one",
                                  "-- step: a\ncreate table public.a ();\n"
                                  "-- step: b\nselect 1 / 0;\n"}};
    const pg::migration other[] = {{1, "0001_one", "-- step: a\n-- step: b\nselect 1;\n"}};
    test_database database;
    const auto run = [&](std::span<const pg::migration> migrations) {
        return pg::migrate(database.configuration(), migrations, legacy_device_secret::plaintext,
                           [](std::string_view) {});
    };
    BOOST_TEST(run(one).error().message.find("0001_one (b) failed and was rolled back: ERROR:") !=
               std::string::npos);
    BOOST_TEST((run(other).error().kind == core::failure_kind::conflict));
    BOOST_TEST(database.value("select to_regclass('public.a')") == "a");
}

BOOST_AUTO_TEST_SUITE_END()
