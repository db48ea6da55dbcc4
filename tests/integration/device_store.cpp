// auth::device_store, implemented by pg::lifecycle.
#include "changing.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using auth::device_secret_form;
using core::failure_kind;

namespace {

constexpr const char* uuid = "5f0b6a52-1f6e-4c39-9a6e-0d8b9f3f8a11";

auth::new_device device_named(const std::string& id, const std::string& secret = "sha256:1") {
    auth::new_device device;
    device.device_id = id;
    device.organization_id = "acme";
    device.stored_secret = crypto::secret(secret);
    return device;
}

// Makes each call of the store and waits for it.
struct devices {
    explicit devices(pg::configuration c) : change(std::move(c)) {}
    using store = auth::device_store;

    core::result<core::real_time> add(auth::new_device device) {
        return change.ask(
            [&](store& s) { return s.register_device(std::move(device), by_nobody()); });
    }
    core::result<auth::found_page<auth::device>> list(auth::object_page page = {}) {
        return change.ask([&](store& s) { return s.list_devices(std::move(page)); });
    }
    core::result<auth::device> show(const std::string& id) {
        return change.ask([&](store& s) { return s.show_device(id, {}); });
    }
    core::result<auth::device> rotate(const std::string& id, const std::string& secret,
                                      core::seconds overlap) {
        return change.ask([&](store& s) {
            return s.rotate_device({id, crypto::secret(secret), overlap}, by_nobody());
        });
    }
    core::result<auth::device> finish(const std::string& id) {
        return change.ask(
            [&](store& s) { return s.finish_device_rotation(id, std::nullopt, by_nobody()); });
    }
    core::result<auth::device> revoke(const std::string& id, std::optional<std::string> why = {}) {
        return change.ask(
            [&](store& s) { return s.revoke_device(id, std::move(why), {}, by_nobody()); });
    }
    core::result<auth::imported_devices> import(std::vector<auth::new_device> all) {
        return change.ask([&](store& s) { return s.import_devices(std::move(all), by_nobody()); });
    }
    core::result<std::vector<auth::legacy_device>> legacy(auth::device_page page = {}) {
        return change.ask([&](store& s) { return s.legacy_device_page(std::move(page)); });
    }
    core::result<auth::bare_secret_counts> bare_secrets() {
        return change.ask([&](store& s) { return s.count_bare_secrets(); });
    }
    core::result<bool> rehash(const std::string& id, const std::string& from,
                              const std::string& to) {
        return change.ask([&](store& s) {
            return s.rehash_device({id, crypto::secret(from), crypto::secret(to)}, by_nobody());
        });
    }
    changing change;
};

struct organization_database : migrated_database {
    organization_database() {
        exec("insert into public.organizations (organization_id) values ('acme')");
    }
    std::string secrets(const std::string& id) {
        return value("select concat_ws(' ', device_secret, previous_secret)"
                     " from public.device_credentials where device_id = '" +
                     id + "'");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(device_store, organization_database)

BOOST_AUTO_TEST_CASE(registers_and_shows) {
    devices store(configuration());
    auto asked = device_named("d \"1\" \\ ü");
    asked.name = "door, 'front'";
    asked.scopes = {"a\"b", "c\\d,{}", "NULL"};
    asked.metadata = R"({"a": [1, "\u00fc"]})";
    BOOST_TEST(store.add(asked).has_value());

    const auto shown = store.show(asked.device_id).value();
    BOOST_TEST(shown.device_id == asked.device_id);
    BOOST_TEST(shown.organization_id == "acme");
    BOOST_TEST(shown.name.value() == *asked.name);
    BOOST_TEST(shown.scopes == asked.scopes, boost::test_tools::per_element());
    BOOST_TEST(shown.metadata == "{\"a\": [1, \"ü\"]}");
    BOOST_TEST(shown.status == "active");
    BOOST_TEST((shown.secret_form == device_secret_form::sha256));
    BOOST_TEST(!shown.revoked_at.has_value());
    BOOST_TEST(!shown.previous_until.has_value());

    BOOST_TEST((store.add(asked).error().kind == failure_kind::conflict));
    auto nowhere = device_named("d2");
    nowhere.organization_id = "none";
    const auto refused = store.add(nowhere).error();
    BOOST_TEST((refused.kind == failure_kind::not_found));
    BOOST_TEST(refused.message.find("\"none\"") != std::string::npos);
    BOOST_TEST(
        (store.add(device_named(std::string("a\0b", 3))).error().kind == failure_kind::invalid));
    BOOST_TEST((store.show("none").error().kind == failure_kind::not_found));
    BOOST_TEST((store.show(std::string("a\0b", 3)).error().kind == failure_kind::invalid));
}

BOOST_AUTO_TEST_CASE(tells_how_a_secret_is_stored) {
    devices store(configuration());
    struct {
        std::string stored;
        device_secret_form form;
    } const cases[] = {
        {"sha256:1", device_secret_form::sha256},
        {"scrypt:1", device_secret_form::scrypt},
        {"bare", device_secret_form::legacy},
        {"", device_secret_form::none},
    };
    for (const auto& c : cases) {
        BOOST_TEST(store.add(device_named("d" + c.stored, c.stored)).has_value());
        BOOST_TEST((store.show("d" + c.stored).value().secret_form == c.form));
    }
}

BOOST_AUTO_TEST_CASE(lists_by_pages) {
    for (const std::string type : {"text", "uuid"}) {
        test_database database;
        database.exec("create table public.organizations (organization_id text, api_keys jsonb);"
                      "create table public.device_credentials (device_id " +
                      type + " primary key, device_secret text, organization_id text)");
        database.migrate();
        devices store(database.configuration());
        BOOST_TEST(store.list().value().objects.empty());
        database.exec("insert into public.device_credentials (device_id)"
                      " select md5(n::text)::uuid::text::" +
                      type + " from generate_series(1, 250) n");
        std::vector<std::string> ids;
        auth::object_page page;
        for (const std::size_t expected : {100u, 100u, 50u, 0u}) {
            const auto found = store.list(page).value().objects;
            BOOST_TEST(found.size() == expected);
            for (const auto& d : found)
                ids.push_back(d.device_id);
            if (!found.empty()) page.after = found.back().device_id;
        }
        BOOST_TEST(ids.size() == 250u);
        BOOST_TEST(std::ranges::is_sorted(ids));
        BOOST_TEST(store.list({7, ids[10]}).value().objects[0].device_id == ids[11]);
    }
}

BOOST_AUTO_TEST_CASE(rotates_with_and_without_an_overlap) {
    devices store(configuration());
    BOOST_TEST(store.add(device_named("d", "sha256:1")).has_value());
    const auto overlapping = store.rotate("d", "sha256:2", core::seconds(3600)).value();
    BOOST_TEST(overlapping.device_id == "d");
    BOOST_TEST(secrets("d") == "sha256:2 sha256:1");
    BOOST_TEST(value("select previous_secret_until - now() between interval '59 min' and"
                     " interval '1 h' from public.device_credentials") == "t");
    BOOST_TEST(overlapping.previous_until.has_value());
    // While the old one works there is no third one.
    const auto refused = store.rotate("d", "sha256:3", core::seconds(1)).error();
    BOOST_TEST((refused.kind == failure_kind::conflict));
    BOOST_TEST(refused.message.find("finish") != std::string::npos);
    BOOST_TEST(secrets("d") == "sha256:2 sha256:1");
    BOOST_TEST(!store.finish("d").value().previous_until);
    BOOST_TEST(secrets("d") == "sha256:2");
    BOOST_TEST(store.finish("d").has_value()); // once more changes nothing
    BOOST_TEST(store.rotate("d", "sha256:3", core::seconds(60)).has_value());
    BOOST_TEST(secrets("d") == "sha256:3 sha256:2");
    exec("update public.device_credentials set previous_secret_until = now()");
    BOOST_TEST(!store.rotate("d", "sha256:4", core::seconds(0)).value().previous_until);
    BOOST_TEST(secrets("d") == "sha256:4");

    BOOST_TEST((store.rotate("none", "x", {}).error().kind == failure_kind::not_found));
    BOOST_TEST((store.finish("none").error().kind == failure_kind::not_found));
    BOOST_TEST(store.revoke("d").has_value());
    BOOST_TEST((store.rotate("d", "sha256:5", {}).error().kind == failure_kind::conflict));
    BOOST_TEST(secrets("d") == "sha256:4");
}

BOOST_AUTO_TEST_CASE(revokes_once_and_takes_tokens_along) {
    devices store(configuration());
    BOOST_TEST(store.add(device_named("d")).has_value());
    const auto first = store.revoke("d", "stolen").value();
    BOOST_TEST(first.revoked_at.has_value());
    BOOST_TEST(first.revoked_reason.value() == "stolen");
    const auto again = store.revoke("d", "lost").value();
    BOOST_TEST((again.revoked_at == first.revoked_at));
    BOOST_TEST(again.revoked_reason.value() == "stolen");
    BOOST_TEST(value("select value from latchkey.revocations where kind = 'credential'") == "d");
    BOOST_TEST((store.revoke("none").error().kind == failure_kind::not_found));
}

BOOST_AUTO_TEST_CASE(imports_what_can_go_in_and_says_why_the_rest_cannot) {
    devices store(configuration());
    BOOST_TEST(store.add(device_named("there")).has_value());
    exec("delete from latchkey.changes");
    auto elsewhere = device_named("x");
    elsewhere.organization_id = "none";
    const auto done = store
                          .import({device_named("a", "bare"), device_named("there", "sha256:9"),
                                   elsewhere, device_named("a", "sha256:2"), device_named("b")})
                          .value();
    BOOST_TEST(done.inserted == 2u);
    BOOST_REQUIRE(done.skipped.size() == 3u);
    BOOST_TEST(done.skipped[0].device_id == "there");
    BOOST_TEST(done.skipped[0].why == "there is a device \"there\" already");
    BOOST_TEST(done.skipped[1].why.find("no organization \"none\"") != std::string::npos);
    BOOST_TEST(done.skipped[2].device_id == "a");
    BOOST_TEST(secrets("a") == "bare");
    BOOST_TEST(secrets("there") == "sha256:1");
    BOOST_TEST(value("select count(*) || ' ' || bool_and(names @> '{a,b}'"
                     " and names <@ '{a,b}') from latchkey.changes") == "1 true");
    BOOST_TEST(store.import({}).value().inserted == 0u);
}

BOOST_AUTO_TEST_CASE(ids_may_be_uuids) {
    test_database database;
    database.exec("create table public.organizations (organization_id uuid primary key,"
                  " api_keys jsonb);"
                  "create table public.device_credentials (device_id uuid primary key,"
                  " device_secret text, organization_id uuid, scopes jsonb)");
    database.migrate();
    database.exec("insert into public.organizations values ('" + std::string(uuid) + "', '[]')");
    devices store(database.configuration());
    auto good = device_named(uuid);
    good.organization_id = uuid;
    good.scopes = {"a"};
    auto bad = good;
    bad.device_id = "no uuid";
    const auto done = store.import({bad, good}).value();
    BOOST_TEST(done.inserted == 1u);
    BOOST_TEST(done.skipped.at(0).device_id == "no uuid");
    BOOST_TEST((store.add(bad).error().kind == failure_kind::invalid));
    BOOST_TEST(store.show(uuid).value().scopes.at(0) == "a");
    BOOST_TEST((store.show("no uuid").error().kind == failure_kind::not_found));
    BOOST_TEST((store.list({7, "no uuid"}).error().kind == failure_kind::invalid));
    BOOST_TEST(store.rotate(uuid, "sha256:2", core::seconds(5)).has_value());
    BOOST_TEST(store.revoke(uuid).has_value());
}

BOOST_AUTO_TEST_CASE(rehashes_page_by_page) {
    exec("insert into public.device_credentials (device_id, device_secret, organization_id)"
         " select 'd' || n, 'bare-' || n, 'acme' from generate_series(1, 25) n");
    exec("insert into public.device_credentials (device_id, device_secret, organization_id,"
         " previous_secret) values ('good', 'sha256:1', 'acme', null), ('empty', '', 'acme', ''),"
         " ('old', 'scrypt:1', 'acme', 'bare-old'), ('both', 'bare-new', 'acme', 'bare-old')");
    devices store(configuration());
    std::size_t pages = 0;
    std::size_t rehashed = 0;
    for (auth::device_page page{10, {}};; ++pages) {
        const auto found = store.legacy(page).value();
        if (found.empty()) break;
        page.after = found.back().device_id;
        for (const auto& device : found)
            for (const auto& bare : device.stored) {
                const std::string text(bare.reveal());
                BOOST_TEST(text.starts_with("bare-"));
                BOOST_TEST(store.rehash(device.device_id, text, "sha256:" + text).value());
                // The second time there is nothing to do.
                BOOST_TEST(!store.rehash(device.device_id, text, "sha256:" + text).value());
                ++rehashed;
            }
    }
    BOOST_TEST(pages == 3u);
    BOOST_TEST(rehashed == 28u);
    BOOST_TEST(secrets("both") == "sha256:bare-new sha256:bare-old");
    BOOST_TEST(secrets("old") == "scrypt:1 sha256:bare-old");
    BOOST_TEST(secrets("d7") == "sha256:bare-7");
    BOOST_TEST(!store.rehash("none", "a", "b").value());
}

// The shapes are those that a rehash finds.
BOOST_AUTO_TEST_CASE(counts_bare_secrets_by_shape) {
    const std::string hex(64, 'a');
    const std::string capitals(64, 'F');
    const std::vector<std::string> secrets = {hex,
                                              capitals,
                                              " " + hex,
                                              hex + "\n",
                                              "\t\v" + hex + "\r\f",
                                              "0x" + hex,
                                              "0X" + capitals,
                                              "\\x" + hex,
                                              "\\X" + hex,
                                              "SHA256:" + hex,
                                              "Sha-256:" + hex,
                                              "sha256=" + hex,
                                              "sha256$ " + hex,
                                              "{SHA256}" + hex,
                                              "sha-256$" + hex,
                                              "v" + hex,
                                              hex + hex,
                                              hex.substr(1),
                                              "chosen",
                                              "x\\x" + hex,
                                              "sha512:" + hex,
                                              "\u00a0" + hex,
                                              "g" + hex.substr(1)};
    auth::bare_secret_counts expected;
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        exec("insert into public.device_credentials (device_id, device_secret, organization_id,"
             " previous_secret) values ('d" +
             std::to_string(i) + "', $s$" + secrets[i] + "$s$, 'acme', '" + (i == 0 ? hex : "") +
             "')");
        const auto shape = auth::shape_of_bare(secrets[i]);
        ++(shape == auth::bare_shape::hex_64        ? expected.hex_64
           : shape == auth::bare_shape::like_hex_64 ? expected.like_hex_64
                                                    : expected.other);
    }
    exec("insert into public.device_credentials (device_id, device_secret, organization_id) values"
         " ('s', 'sha256:' || repeat('a', 64), 'acme'), ('p', 'scrypt:1', 'acme'), ('n', '', "
         "'acme')");
    devices store(configuration());
    const auto counts = store.bare_secrets().value();
    BOOST_TEST(expected.hex_64 == 2u);
    BOOST_TEST(expected.like_hex_64 == 13u);
    BOOST_TEST(counts.hex_64 == expected.hex_64 + 1); // one is kept from before the last rotation
    BOOST_TEST(counts.like_hex_64 == expected.like_hex_64);
    BOOST_TEST(counts.other == expected.other);
}

// The writer has locked the row, and commits while the rehash waits for it.
BOOST_AUTO_TEST_CASE(a_rehash_never_undoes_a_writers_change) {
    devices store(configuration());
    BOOST_TEST(store.add(device_named("d", "bare")).has_value());
    session writer(uri());
    writer.exec("begin; update public.device_credentials set device_secret = 'newer'");
    store.change.while_waiting = [&] {
        if (value("select count(*) from pg_locks where not granted") == "0") return;
        writer.exec("commit");
        store.change.while_waiting = nullptr;
    };
    BOOST_TEST(!store.rehash("d", "bare", "sha256:1").value());
    BOOST_TEST(secrets("d") == "newer");
}

// The role has the documented grants, and no more.
BOOST_AUTO_TEST_CASE(a_role_with_what_is_granted_does_all_of_it) {
    const auto role = make_role();
    for (const auto* what :
         {"usage on schema public, latchkey", "select on all tables in schema latchkey",
          "select on public.organizations", "select, insert, update on public.device_credentials",
          "execute on function latchkey.import_devices(jsonb)"})
        exec("grant " + std::string(what) + " to " + role);
    devices store(configuration(role));
    BOOST_TEST(store.add(device_named("d", "bare")).has_value());
    BOOST_TEST(store.list().value().objects.size() == 1u);
    BOOST_TEST(store.show("d").has_value());
    BOOST_TEST(store.legacy().value().size() == 1u);
    BOOST_TEST(store.rehash("d", "bare", "sha256:1").value());
    BOOST_TEST(store.rotate("d", "sha256:2", core::seconds(1)).has_value());
    BOOST_TEST(store.revoke("d").has_value());
    exec("drop owned by " + role);
}

BOOST_AUTO_TEST_SUITE_END()
