// An older service that has other names for its tables and columns.
#include "changing.hpp"
#include "running_feed.hpp"
#include "running_store.hpp"
#include "schema_catalog.hpp"
#include "support.hpp"

#include <latchkey/auth/device/judge_device.hpp>
#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr const char* acme = "11111111-1111-4111-8111-111111111111";
constexpr const char* other = "22222222-2222-4222-8222-222222222222";
constexpr const char* renamed = "33333333-3333-4333-8333-333333333333";

std::string key_in_hex(char digit) {
    return std::string(64, digit);
}
core::fingerprint key_of(char digit) {
    core::fingerprint out;
    const auto value = static_cast<unsigned char>(digit >= 'a' ? digit - 'a' + 10 : digit - '0');
    std::ranges::fill(out, static_cast<std::remove_reference_t<decltype(out[0])>>(value * 17));
    return out;
}
std::string element_of(char digit, const std::string& rest = {}) {
    return R"({"key_hash": ")" + key_in_hex(digit) + "\"" + rest + "}";
}

// The tables of one older service, and their configured names.
struct shape {
    const char* what;
    std::string tables;
    pg::legacy_names configured{};
    std::vector<std::string> taken; ///< as `migrate` reports it
    std::string device;             ///< an id as the column's type allows it
};

pg::legacy_names with_quotes() {
    pg::legacy_names names;
    names.organizations = "App Data.Orgs";
    names.organization_id = "Id";
    names.organization_name = "order";
    names.api_keys = "Keys";
    names.organization_status = "select";
    names.devices = "App Data.the devices";
    names.device_id = "Device Id";
    names.device_secret = "pass word";
    names.device_organization_id = "user";
    names.device_status = "State";
    names.device_name = "Label";
    return names;
}
pg::legacy_names with_other_tables() {
    pg::legacy_names names;
    names.organizations = "app.tenants";
    names.devices = "app.machines";
    return names;
}

const std::vector<shape> shapes = {
    {"the usual one",
     "create table public.organizations (organization_id uuid primary key, name text,"
     " api_keys jsonb, status text default 'active');"
     "create table public.device_credentials (device_id uuid primary key, device_secret text,"
     " organization_id uuid, status text default 'active')",
     {},
     {},
     "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"},
    {"of Supabase",
     "create table public.organizations (id uuid primary key default gen_random_uuid(), name text,"
     " api_keys jsonb);"
     "create table public.device_credentials (id uuid primary key, secret text,"
     " org_id uuid references public.organizations (id))",
     {},
     {"takes public.organizations.id as the organizations' id",
      "takes public.device_credentials.id as the devices' id",
      "takes public.device_credentials.secret as the devices' secret",
      "takes public.device_credentials.org_id as the devices' organization"},
     "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"},
    {"other tables, and a foreign key that follows",
     "create schema app;"
     "create table app.tenants (uuid uuid primary key, keys jsonb);"
     "create table app.machines (serial text primary key, secret_hash text,"
     " owner uuid references app.tenants on update cascade)",
     with_other_tables(),
     {"takes app.tenants as the organizations", "takes app.tenants.uuid as the organizations' id",
      "takes app.tenants.keys as the organizations' API keys", "takes app.machines as the devices",
      "takes app.machines.serial as the devices' id",
      "takes app.machines.secret_hash as the devices' secret",
      "takes app.machines.owner as the devices' organization"},
     "m-1"},
    {"names that need quotes",
     "create schema \"App Data\";"
     "create table \"App Data\".\"Orgs\" (\"Id\" text primary key, \"order\" text, \"Keys\" jsonb,"
     " \"select\" text not null default 'active');"
     "create table \"App Data\".\"the devices\" (\"Device Id\" int primary key,"
     " \"pass word\" text, \"user\" text, \"State\" text default 'active', \"Label\" text)",
     with_quotes(),
     {"takes App Data.Orgs as the organizations"},
     "7"},
};

// A database of that shape. Text with marks is written to it as the older service would write it.
struct old_service : test_database {
    const shape& of;
    pg::legacy_names names;

    explicit old_service(const shape& s) : of(s) {
        exec(s.tables);
        for (const auto& name : pg::all_legacy_names)
            names.*name.field = name.usual;
        for (const auto& name : pg::all_legacy_names)
            if (!(s.configured.*name.field).empty()) names.*name.field = s.configured.*name.field;
        for (const auto& line : s.taken)
            take(line);
    }
    pg::configuration settings() const {
        auto out = configuration();
        out.legacy = of.configured;
        return out;
    }
    std::vector<std::string> migrated(std::span<const pg::migration> all = pg::migrations()) {
        std::vector<std::string> said;
        const auto done = pg::migrate(settings(), all, auth::legacy_device_secret::plaintext,
                                      [&](std::string_view line) { said.emplace_back(line); });
        BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
        return said;
    }
    void write(const std::string& marked) { exec(names.apply(marked)); }
    // The array is inserted as it is: marks are only replaced around it.
    void set_array(const std::string& array, const std::string& organization = acme) {
        exec(names.apply("update public.organizations set \"api_keys\" = ") + "$array$[" + array +
             "]$array$" + names.apply(" where \"organization_id\" = '" + organization + "'"));
    }
    std::string key(char digit, const std::string& expression) {
        const auto all = query("select (" + expression +
                               ")::text from latchkey.api_keys where key_hash = decode('" +
                               key_in_hex(digit) + "', 'hex')");
        return all.empty() ? "no row" : all[0][0].value_or("NULL");
    }
    /// What the feed has told since the last call: "kind names".
    std::string told() {
        const auto text =
            value("select coalesce(string_agg(distinct kind || ' ' ||"
                  " array_to_string(names, ','), '; '), '')"
                  " from latchkey.changes where kind in ('organizations', 'devices')");
        exec("set session_replication_role = replica; delete from latchkey.changes;"
             "reset session_replication_role");
        return text;
    }

  private:
    // Reads "takes TABLE.COLUMN as WHAT".
    void take(const std::string& line) {
        for (const auto& name : pg::all_legacy_names) {
            const auto end = line.find(" as " + std::string(name.what));
            if (end == line.npos || !line.ends_with(name.what)) continue;
            const auto taken = line.substr(6, end - 6);
            const bool is_table = name.field == &pg::legacy_names::organizations ||
                                  name.field == &pg::legacy_names::devices;
            names.*name.field = is_table ? taken : taken.substr(taken.rfind('.') + 1);
        }
    }
};

bool holds(const std::vector<std::string>& lines, const std::string& line) {
    return std::ranges::find(lines, line) != lines.end();
}

template <class Story>
void in_each_shape(Story story) {
    for (const auto& s : shapes)
        BOOST_TEST_CONTEXT(s.what) {
            old_service service(s);
            story(service);
        }
}

} // namespace

BOOST_AUTO_TEST_SUITE(legacy_names)

BOOST_AUTO_TEST_CASE(arrays_are_mirrored_and_organizations_followed) {
    in_each_shape([](old_service& service) {
        service.write(
            "insert into public.organizations (\"organization_id\", \"api_keys\") values ('" +
            std::string(acme) + "', '[" + element_of('1') + "]')");
        const auto said = service.migrated();
        for (const auto& line : service.of.taken)
            BOOST_TEST(holds(said, line), line);
        if (service.of.taken.empty()) BOOST_TEST(!said.front().starts_with("takes"));

        // First the existing elements, then those that are added, changed and removed.
        BOOST_TEST(service.key('1', "organization_id") == acme);
        service.set_array(element_of('1', R"(, "name": "one")") + ", " + element_of('2'));
        BOOST_TEST(service.key('1', "name") == "one");
        BOOST_TEST(service.key('2', "enabled") == "true");
        service.set_array(element_of('2'));
        BOOST_TEST(service.key('1', "revoked_at is not null") == "true");

        service.told();
        service.write(
            "insert into public.organizations (\"organization_id\", \"name\", \"api_keys\")"
            " values ('" +
            std::string(other) + "', 'Other', '[" + element_of('3') + "]')");
        BOOST_TEST(service.told() == "organizations " + std::string(other));
        BOOST_TEST(service.key('3', "organization_id") == other);

        running_store store(service.settings());
        store.wait_until_reachable();
        BOOST_TEST(store.record_of(key_of('2'))->facts().organization_enabled);
        service.write("update public.organizations set \"status\" = 'off' where"
                      " \"organization_id\" = '" +
                      std::string(acme) + "'");
        BOOST_TEST(service.told() == "organizations " + std::string(acme));
        BOOST_TEST(!store.record_of(key_of('2'))->facts().organization_enabled);
        BOOST_TEST(service.value("select count(*) from latchkey.revocations where"
                                 " kind = 'disabled_organization'") == "1");

        service.write("update public.organizations set \"organization_id\" = '" +
                      std::string(renamed) + "' where \"organization_id\" = '" + other + "'");
        BOOST_TEST(store.record_of(key_of('3'))->facts().organization_id == renamed);

        // The key moves as the older service moves it.
        service.write("begin; update public.organizations set \"api_keys\" = '[]' where"
                      " \"organization_id\" = '" +
                      std::string(acme) +
                      "';"
                      "update public.organizations set \"api_keys\" = '[" +
                      element_of('2') + "]' where \"organization_id\" = '" + renamed + "'; commit");
        BOOST_TEST(service.key('2', "organization_id") == renamed);
        service.write("delete from public.organizations where \"organization_id\" = '" +
                      std::string(acme) + "'");
        service.write("truncate public.organizations cascade");
        BOOST_TEST(service.key('2', "revoked_at is not null") == "true");
        BOOST_TEST(service.value("select count(*) from latchkey.mirror_findings") == "0");
    });
}

BOOST_AUTO_TEST_CASE(devices_are_looked_up_disabled_and_deleted) {
    in_each_shape([](old_service& service) {
        service.write("insert into public.organizations (\"organization_id\") values ('" +
                      std::string(acme) +
                      "'); insert into public.device_credentials"
                      " (DEVICE_ID, DEVICE_SECRET, ORGANIZATION_ID) values ('" +
                      service.of.device + "', 'secret-1', '" + acme + "')");
        service.migrated();
        running_store store(service.settings(), {2, 0}, auth::legacy_device_secret::plaintext);
        store.wait_until_reachable();
        const auto& id = service.of.device;
        const auto found = store.device(id)->facts();
        BOOST_TEST(found.device_id == id);
        BOOST_TEST(found.organization_id == acme);
        BOOST_TEST(found.active);
        BOOST_TEST(found.organization_enabled);

        service.told();
        service.write("update public.device_credentials set STATUS = 'off'");
        BOOST_TEST(service.told() == "devices " + id);
        BOOST_TEST(!store.device(id)->facts().active);
        BOOST_TEST(service.value("select count(*) from latchkey.revocations where"
                                 " kind = 'credential' and credential_kind = 'device'") == "1");
        service.write("update public.device_credentials set STATUS = 'active', NAME = 'door'");
        BOOST_TEST(service.told() == "devices " + id);
        BOOST_TEST(store.device(id)->facts().name.value() == "door");

        // The organization's id changes, and its devices follow.
        service.write("update public.device_credentials set ORGANIZATION_ID = null;"
                      "update public.organizations set \"organization_id\" = '" +
                      std::string(renamed) +
                      "';"
                      "update public.device_credentials set ORGANIZATION_ID = '" +
                      renamed + "'");
        BOOST_TEST(store.device(id)->facts().organization_id == renamed);

        service.write("delete from public.device_credentials");
        BOOST_TEST(!store.device(id));
        service.write("truncate public.device_credentials");
    });
}

// As behind a pooler, where nothing is prepared.
BOOST_AUTO_TEST_CASE(statements_that_are_not_prepared_have_the_names_too) {
    in_each_shape([](old_service& service) {
        service.write(
            "insert into public.organizations (\"organization_id\", \"api_keys\") values ('" +
            std::string(acme) + "', '[" + element_of('1') + "]')");
        service.migrated();
        auto settings = service.settings();
        settings.prepared_statements = false;
        running_store store(settings);
        store.wait_until_reachable();
        BOOST_TEST(store.record_of(key_of('1'))->facts().organization_id == acme);
        BOOST_TEST(!store.device("nobody"));
    });
}

BOOST_AUTO_TEST_CASE(an_operator_makes_and_changes_what_is_there) {
    in_each_shape([](old_service& service) {
        service.migrated();
        changing change(service.settings());
        using store = auth::device_store;
        const auto organization = change.create(auth::new_organization{acme, "Acme"});
        BOOST_REQUIRE_MESSAGE(organization.has_value(),
                              (organization ? "" : organization.error().message));
        BOOST_TEST(service.value(
                       service.names.apply("select \"name\" from public.organizations")) == "Acme");

        auth::new_device device;
        device.device_id = service.of.device;
        device.organization_id = acme;
        device.name = "door";
        device.stored_secret = crypto::secret(std::string("sha256:1"));
        const auto add = [&](store& s) { return s.register_device(device, by_nobody()); };
        const auto added = change.ask(add);
        BOOST_REQUIRE_MESSAGE(added.has_value(), (added ? "" : added.error().message));
        BOOST_TEST((change.ask(add).error().kind == core::failure_kind::conflict));
        const auto listed = change.ask([](store& s) { return s.list_devices({}); });
        BOOST_REQUIRE_MESSAGE(listed.has_value(), (listed ? "" : listed.error().message));
        BOOST_TEST(listed->objects.at(0).organization_id == acme);
        BOOST_TEST(listed->objects.at(0).name.value() == "door");
        const auto rotated = change.ask([&](store& s) {
            return s.rotate_device(
                {device.device_id, crypto::secret(std::string("sha256:2")), core::seconds(60)},
                by_nobody());
        });
        BOOST_REQUIRE_MESSAGE(rotated.has_value(), (rotated ? "" : rotated.error().message));
        BOOST_TEST(service.value(service.names.apply(
                       "select DEVICE_SECRET || previous_secret from public.device_credentials")) ==
                   "sha256:2sha256:1");
        const auto revoked = change.ask(
            [&](store& s) { return s.revoke_device(device.device_id, "lost", {}, by_nobody()); });
        BOOST_TEST(revoked.has_value());
        const auto bare = change.ask([](store& s) { return s.count_bare_secrets(); });
        BOOST_TEST(bare.has_value());
    });
}

BOOST_AUTO_TEST_CASE(keys_do_not_take_the_ids_of_devices) {
    in_each_shape([](old_service& service) {
        service.migrated();
        service.write("insert into public.organizations (\"organization_id\") values ('" +
                      std::string(acme) +
                      "'); insert into public.device_credentials"
                      " (DEVICE_ID, DEVICE_SECRET, ORGANIZATION_ID) values ('" +
                      service.of.device + "', 'secret-1', '" + acme + "')");
        BOOST_TEST(service.owner().sqlstate_of("select latchkey.claim_key_id('" +
                                               service.of.device + "')") == "23505");
        BOOST_TEST(service.value("select latchkey.claim_key_id('another')") == "t");
        BOOST_TEST(service.value("select known from latchkey.find_organization('" +
                                 std::string(acme) + "') limit 1") == "t");
    });
}

BOOST_AUTO_TEST_CASE(the_feed_polls_and_knows_the_type_of_ids) {
    in_each_shape([](old_service& service) {
        service.migrated();
        running_feed feed(service.settings());
        feed.run_until_fresh();
        service.write(
            "insert into public.organizations (\"organization_id\", \"status\") values ('" +
            std::string(acme) + "', 'off')");
        feed.run_until([&] { return feed.sink.revoked().contains(acme); });
    });
}

// Logical replication, and sessions that replay, fire only the row triggers.
BOOST_AUTO_TEST_CASE(row_by_row_it_is_the_same) {
    in_each_shape([](old_service& service) {
        service.migrated();
        const std::string organization = std::string("'") + acme + "'";
        service.exec("set session_replication_role = replica");
        service.write(
            "insert into public.organizations (\"organization_id\", \"api_keys\") values (" +
            organization + ", '[" + element_of('1') + "]');" +
            "insert into public.device_credentials (DEVICE_ID, DEVICE_SECRET,"
            " ORGANIZATION_ID) values ('" +
            service.of.device + "', 's', " + organization + ")");
        BOOST_TEST(service.key('1', "organization_id") == acme);
        const auto both = "devices " + service.of.device + "; organizations " + acme;
        BOOST_TEST(service.told() == both);
        service.exec("set session_replication_role = replica");
        service.set_array(element_of('2'));
        BOOST_TEST(service.key('1', "revoked_at is not null") == "true");
        BOOST_TEST(service.key('2', "enabled") == "true");
        service.write("update public.organizations set \"status\" = 'off';"
                      "update public.device_credentials set STATUS = 'off'");
        BOOST_TEST(service.value("select string_agg(kind, ' ' order by kind) from"
                                 " latchkey.revocations where value in ('" +
                                 service.of.device + "', '" + acme + "')") ==
                   "credential disabled_organization");
        BOOST_TEST(service.told() == both);
        service.exec("set session_replication_role = replica");
        service.write("update public.organizations set \"organization_id\" = '" +
                      std::string(renamed) + "'");
        BOOST_TEST(service.key('2', "organization_id") == renamed);
        BOOST_TEST(service.value(service.names.apply(
                       "select ORGANIZATION_ID from public.device_credentials")) == renamed);
        service.write("delete from public.device_credentials; delete from public.organizations");
        BOOST_TEST(service.key('2', "revoked_at is not null") == "true");
    });
}

// Names in functions are looked up when they are called.
BOOST_AUTO_TEST_CASE(functions_that_are_seldom_called_have_the_names_too) {
    in_each_shape([](old_service& service) {
        service.migrated();
        service.write("insert into public.organizations (\"organization_id\") values ('" +
                      std::string(acme) + "'), ('" + other + "')");
        service.set_array(element_of('1', R"(, "key_id": "k")"));
        service.exec("update latchkey.api_keys set revoked_at = now()");
        BOOST_TEST(service.value("select latchkey.write_back('{k}')") == "1");
        BOOST_TEST(service.value(service.names.apply(
                       "select \"api_keys\" -> 0 -> 'is_active' from public.organizations"
                       " where \"organization_id\" = '" +
                       std::string(acme) + "'")) == "false");

        // A key in two arrays goes to the array that is left.
        service.set_array(element_of('2'));
        service.set_array(element_of('2'), other);
        BOOST_TEST(service.key('2', "organization_id") == acme);
        service.set_array("");
        BOOST_TEST(service.key('2', "organization_id") == other);

        service.exec("delete from latchkey.api_keys; select latchkey.mirror_again('" +
                     std::string(other) + "')");
        BOOST_TEST(service.key('2', "organization_id") == other);
        service.exec("delete from latchkey.api_keys;"
                     "insert into latchkey.mirror_touches values ('seen')");
        BOOST_TEST(service.key('2', "organization_id") == other);
        BOOST_TEST(service.value("select latchkey.follow_partitions()") == "NULL");
        service.exec("select latchkey.lose_orphans()");
        BOOST_TEST(service.key('2', "revoked_at is null") == "true");
        BOOST_TEST(service.value("select count(*) from latchkey.find_organization('nobody')") ==
                   "3");
    });
}

BOOST_AUTO_TEST_CASE(partitions_that_come_and_go_are_followed) {
    const shape partitioned = {
        "in partitions",
        "create table public.organizations (id text primary key, api_keys jsonb, status text"
        " default 'active') partition by list (id);"
        "create table public.org_a partition of public.organizations for values in ('a');"
        "create table public.device_credentials (id text primary key, secret text, org_id text)"
        " partition by list (id);"
        "create table public.dev_a partition of public.device_credentials for values in ('d')",
        {},
        {"takes public.organizations.id as the organizations' id",
         "takes public.device_credentials.id as the devices' id",
         "takes public.device_credentials.secret as the devices' secret",
         "takes public.device_credentials.org_id as the devices' organization"},
        "d"};
    old_service service(partitioned);
    service.migrated();
    service.exec("insert into public.org_a values ('a', '[" + element_of('1') +
                 "]');"
                 "insert into public.dev_a (id, secret, org_id) values ('d', 's', 'a')");
    BOOST_TEST(service.key('1', "revoked_at is null") == "true");
    service.exec("alter table public.organizations detach partition public.org_a;"
                 "alter table public.device_credentials detach partition public.dev_a;"
                 "select latchkey.follow_partitions()");
    BOOST_TEST(service.key('1', "revoked_at is null") == "false");
    BOOST_TEST(service.value("select count(*) from latchkey.revocations") == "3");
    service.exec(
        "alter table public.organizations attach partition public.org_a for values in ('a');"
        "alter table public.device_credentials attach partition public.dev_a"
        " for values in ('d'); select latchkey.follow_partitions()");
    BOOST_TEST(service.key('1', "revoked_at is null") == "true");
    BOOST_TEST(service.value("select count(*) from latchkey.revocations") == "0");
}

BOOST_AUTO_TEST_CASE(to_migrate_again_changes_nothing) {
    in_each_shape([](old_service& service) {
        // The first half of the migrations, as an upgrade finds them.
        service.migrated(pg::migrations().first(8));
        const auto noted = service.value("select json_object_agg(setting, taken order by setting)"
                                         " from latchkey.legacy_names");
        service.migrated();
        const auto schema = schema_catalog(service);
        const auto said = service.migrated();
        for (const auto& line : service.of.taken)
            BOOST_TEST(holds(said, line), line);
        BOOST_TEST(schema_catalog(service) == schema);
        BOOST_TEST(service.value("select json_object_agg(setting, taken order by setting)"
                                 " from latchkey.legacy_names") == noted);
        // The recorded names hold, even if a new column would fit and nothing is configured.
        service.write("alter table public.organizations add column keys_of_old jsonb");
        const auto done = pg::migrate(service.configuration(), pg::migrations(),
                                      auth::legacy_device_secret::plaintext, [](auto) {});
        BOOST_TEST(done.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_configuration_that_says_otherwise_is_refused) {
    old_service service(shapes[1]);
    service.migrated();
    auto otherwise = service.configuration();
    otherwise.legacy.organization_id = "organization_id";
    const auto done = pg::migrate(otherwise, pg::migrations(),
                                  auth::legacy_device_secret::plaintext, [](auto) {});
    BOOST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().kind == core::failure_kind::invalid));
    BOOST_TEST(done.error().message.find("database.legacy.organization_id is") !=
               std::string::npos);

    running_store store(otherwise);
    store.run_until([&] {
        return store.log.text.find("database.legacy.organization_id is") != std::string::npos;
    });
    BOOST_TEST(!store.store.status().reachable);
}

BOOST_AUTO_TEST_CASE(what_is_not_clear_is_refused_before_anything_is_done) {
    test_database database;
    database.exec("create table public.organizations (a int, b text)");
    const auto done = pg::migrate(database.configuration(), pg::migrations(),
                                  auth::legacy_device_secret::plaintext, [](auto) {});
    BOOST_REQUIRE(!done.has_value());
    BOOST_TEST((done.error().kind == core::failure_kind::invalid));
    BOOST_TEST(done.error().message.find("database.legacy.organization_id") != std::string::npos);
    BOOST_TEST(database.value("select count(*) from pg_namespace where nspname = 'latchkey'") ==
               "0");

    // A configured name is taken, and the failed attempt before it has no effect.
    auto named = database.configuration();
    named.legacy.organization_id = "b";
    const auto again =
        pg::migrate(named, pg::migrations(), auth::legacy_device_secret::plaintext, [](auto) {});
    BOOST_TEST_REQUIRE(again.has_value(), (again ? "" : again.error().message));
}

BOOST_AUTO_TEST_CASE(names_that_are_gone_are_not_guessed) {
    old_service service(shapes[1]);
    service.migrated();
    service.exec("drop table latchkey.legacy_names");
    const auto done = pg::migrate(service.settings(), pg::migrations(),
                                  auth::legacy_device_secret::plaintext, [](auto) {});
    BOOST_REQUIRE(!done.has_value());
    BOOST_TEST(done.error().message.find("latchkey.legacy_names") != std::string::npos);
    running_store store(service.settings());
    store.run_until(
        [&] { return store.log.text.find("latchkey.legacy_names") != std::string::npos; });

    // Without the record, a database of the usual shape counts as migrated by an earlier release.
    old_service usual(shapes[0]);
    usual.migrated();
    usual.exec("drop table latchkey.legacy_names");
    usual.migrated();
    BOOST_TEST(usual.value("select count(*) from latchkey.legacy_names") == "11");
}

BOOST_AUTO_TEST_SUITE_END()
