// A key and a device may have the same id. Changes of one do not touch the other's tokens. A server
// of an earlier release, which knows credentials only by id, can read the whole feed and takes an
// id as revoked while either of the two is.
#include "changing.hpp"
#include "feed_readers.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

using ids = std::set<std::string>;

std::string joined(const ids& all) {
    std::string out;
    for (const auto& one : all)
        out += (out.empty() ? "" : ", ") + one;
    return out;
}

struct kinds_database : test_database {
    kinds_database() {
        migrate();
        exec("insert into public.organizations (organization_id) values ('o')");
    }

    // --- writes of an operator and of the older service ---
    void add_key(const std::string& id, bool good = true) {
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, enabled) values"
             " (sha256('" +
             id + "'), '" + id + "', 'o', " + (good ? "true" : "false") + ")");
    }
    void add_device(const std::string& id, bool good = true) {
        exec("insert into public.device_credentials (device_id, device_secret, organization_id,"
             " status) values ('" +
             id + "', 's', 'o', '" + (good ? "active" : "off") + "')");
    }
    void set_key(const std::string& id, bool good) {
        exec("update latchkey.api_keys set enabled = " + std::string(good ? "true" : "false") +
             " where key_id = '" + id + "'");
    }
    void set_device(const std::string& id, bool good) {
        exec("update public.device_credentials set status = '" +
             std::string(good ? "active" : "off") + "' where device_id = '" + id + "'");
    }
    void drop_key(const std::string& id) {
        exec("delete from latchkey.api_keys where key_id = '" + id + "'");
    }
    void drop_device(const std::string& id) {
        exec("delete from public.device_credentials where device_id = '" + id + "'");
    }
    /// Writes a row as an older version did, without a kind.
    void add_unclear(const std::string& id) {
        exec("insert into latchkey.revocations (kind, value) values ('credential', '" + id +
             "') on conflict do nothing");
    }

    // --- the state of servers ---
    void listen() {
        for (const auto& row : read_feed(*this, after)) {
            older.read(row);
            current.read(row);
        }
    }
    /// What a server of this version knows if it starts now.
    ids in_table() {
        ids out;
        for (const auto& r : query("select value, credential_kind from latchkey.revocations"
                                   " where kind = 'credential'"))
            for (const auto* kind : {"api_key", "device"})
                if (r[1].value_or(kind) == kind) out.insert(kind + (" " + r[0].value()));
        return out;
    }
    /// The same for a server without kinds.
    ids in_table_by_id() {
        older_reader fresh;
        for (const auto& r : query("select kind, issuer, value from latchkey.revocations"))
            fresh.load(r[0].value(), r[1].value(), r[2].value());
        return fresh.revoked;
    }
    static ids by_id(const ids& all) {
        ids out;
        for (const auto& one : all)
            out.insert(one.substr(one.find(' ') + 1));
        return out;
    }
    void check(const ids& expected) {
        listen();
        BOOST_TEST(joined(current.revoked) == joined(expected));
        BOOST_TEST(joined(in_table()) == joined(expected));
        BOOST_TEST(joined(older.revoked) == joined(by_id(expected)));
        BOOST_TEST(joined(in_table_by_id()) == joined(by_id(expected)));
    }

    older_reader older;
    current_reader current;
    std::string after = "0";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credential_kinds, kinds_database)

BOOST_AUTO_TEST_CASE(a_device_with_the_id_of_a_revoked_key_restores_nothing) {
    add_key("k");
    BOOST_TEST_CONTEXT("the key falls") {
        set_key("k", false), check({"api_key k"});
    }
    BOOST_TEST_CONTEXT("a device comes") {
        add_device("k"), check({"api_key k"});
    }
    BOOST_TEST_CONTEXT("it falls") {
        set_device("k", false), check({"api_key k", "device k"});
    }
    BOOST_TEST_CONTEXT("it rises") {
        set_device("k", true), check({"api_key k"});
    }
    BOOST_TEST_CONTEXT("it goes") {
        drop_device("k"), check({"api_key k", "device k"});
    }
    BOOST_TEST_CONTEXT("the key rises") {
        set_key("k", true), check({"device k"});
    }
    BOOST_TEST_CONTEXT("the device is back") {
        add_device("k"), check({});
    }
    BOOST_TEST_CONTEXT("both fall, and are emptied") {
        exec("truncate latchkey.api_keys");
        check({"api_key k"});
        exec("truncate public.device_credentials");
        check({"api_key k", "device k"});
    }
    add_device("k", false), check({"api_key k", "device k"});
    add_key("k"), check({"device k"});
}

// The role has only the older service's rights.
BOOST_AUTO_TEST_CASE(the_old_services_writes_touch_their_own_kind) {
    const auto role = make_role();
    exec("grant usage on schema public to " + role +
         "; grant select, insert, update, delete, truncate on public.device_credentials,"
         " public.organizations to " +
         role);
    session writer(uri(role));
    add_key("k"), set_key("k", false), check({"api_key k"});
    writer.exec("insert into public.device_credentials (device_id, device_secret, organization_id)"
                " values ('k', 's', 'o')");
    check({"api_key k"});
    writer.exec("delete from public.device_credentials");
    check({"api_key k", "device k"});
    // An element of the array has a device's id.
    const auto element = R"([{"key_id": "d", "key_hash": ")" + std::string(64, 'a') + "\"}]";
    add_device("d"), drop_device("d");
    check({"api_key k", "device d", "device k"});
    writer.exec("update public.organizations set api_keys = '" + element + "'");
    check({"api_key k", "device d", "device k"});
    writer.exec("update public.organizations set api_keys = '[]'");
    check({"api_key d", "api_key k", "device d", "device k"});
    writer.exec("update public.organizations set api_keys = '" + element + "'");
    check({"api_key k", "device d", "device k"});
    writer.exec("update public.device_credentials set device_id = device_id");
    writer.exec("truncate public.device_credentials");
    check({"api_key k", "device d", "device k"});
    exec("drop owned by " + role);
}

BOOST_AUTO_TEST_CASE(an_id_that_changes_takes_its_own_kind_along) {
    add_key("a"), add_device("a"), add_device("b");
    exec("update latchkey.api_keys set key_id = 'b'");
    check({"api_key a"});
    exec("update public.device_credentials set device_id = 'c' where device_id = 'a'");
    check({"api_key a", "device a"});
    exec("update latchkey.api_keys set key_id = 'a'");
    check({"api_key b", "device a"});
}

// A row written before rows had a kind revokes both kinds, until either of the two is good again.
BOOST_AUTO_TEST_CASE(rows_of_an_older_version_are_of_both_kinds) {
    for (const auto* id : {"a", "b", "c", "d"})
        add_unclear(id);
    const ids others = {"api_key b", "api_key c", "api_key d", "device b", "device c", "device d"};
    const auto with = [&](ids more) { return more.insert(others.begin(), others.end()), more; };
    check(with({"api_key a", "device a"}));
    add_key("a"), check(with({"device a"}));
    set_key("a", false), check(with({"api_key a", "device a"}));
    add_device("a"), check(with({"api_key a"}));
    set_key("a", true), check(others);
    // The id is revoked again, and its kinds stay unclear.
    add_key("b", false), drop_key("b"), check(others);
    add_device("b"), drop_device("b"), check(others);
}

BOOST_AUTO_TEST_CASE(one_that_is_withdrawn_or_moved_by_hand_is_so_for_both) {
    exec("insert into latchkey.revocations (kind, value, credential_kind, expires_at) values"
         " ('credential', 'a', 'api_key', 'infinity'), ('credential', 'b', null, 'infinity')");
    check({"api_key a", "api_key b", "device b"});
    exec("update latchkey.revocations set credential_kind = 'device'");
    check({"device a", "device b"});
    exec("update latchkey.revocations set value = 'c' where value = 'a'");
    check({"device b", "device c"});
    exec("update latchkey.revocations set credential_kind = null, reason = 'r', expires_at = null");
    check({"api_key b", "api_key c", "device b", "device c"});
    exec("truncate latchkey.revocations");
    check({});
    const auto refused = [&](const std::string& values) {
        return owner().sqlstate_of("insert into latchkey.revocations (kind, issuer, value,"
                                   " credential_kind) values (" +
                                   values + ")");
    };
    BOOST_TEST(refused("'credential', '', 'x', 'token'") == "23514");
    BOOST_TEST(refused("'subject', 'i', 'x', 'device'") == "23514");
}

// Any sequence of changes must agree with a model that knows whether each credential is revoked.
BOOST_AUTO_TEST_CASE(whatever_happens_in_any_order) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        std::mt19937 random(seed);
        ids present, good, fallen;
        std::string story;
        for (int step = 0; step < 60; ++step) {
            const bool of_key = random() % 2 == 0;
            const auto id = std::string(1, "xy"[random() % 2]);
            const auto name = (of_key ? "api_key " : "device ") + id;
            const bool is_good = random() % 2 == 0;
            const auto what = random() % 8;
            story += "; " + std::to_string(what) + (is_good ? " good " : " bad ") + name;
            if (what == 7) {
                if (!in_table_by_id().contains(id))
                    fallen.insert({"api_key " + id, "device " + id});
                add_unclear(id);
            } else if (!present.contains(name)) {
                of_key ? add_key(id, is_good) : add_device(id, is_good);
                present.insert(name);
                if (is_good) good.insert(name), fallen.erase(name);
            } else if (what < 2) {
                of_key ? drop_key(id) : drop_device(id);
                present.erase(name), good.erase(name), fallen.insert(name);
            } else {
                of_key ? set_key(id, is_good) : set_device(id, is_good);
                if (is_good && !good.contains(name)) good.insert(name), fallen.erase(name);
                if (!is_good && good.erase(name) > 0) fallen.insert(name);
            }
            BOOST_TEST_CONTEXT("seed " << seed << story) {
                check(fallen);
            }
        }
        exec("delete from latchkey.api_keys; delete from public.device_credentials;"
             "delete from latchkey.revocations");
        check({});
    }
}

// Key and device become good at the same time: their common row goes, whichever is first.
BOOST_AUTO_TEST_CASE(a_key_and_a_device_that_rise_at_once_are_both_good) {
    for (const bool key_first : {true, false}) {
        add_key("k"), add_device("k"), set_key("k", false), set_device("k", false);
        check({"api_key k", "device k"});
        const std::string rise_key = "update latchkey.api_keys set enabled = true";
        const std::string rise_device = "update public.device_credentials set status = 'active'";
        session first(uri()), second(uri());
        const auto pid = second.backend_pid();
        first.exec("begin; " + (key_first ? rise_key : rise_device));
        std::jthread later([&] { second.exec(key_first ? rise_device : rise_key); });
        while (value("select count(*) from pg_locks where not granted and pid = " + pid) == "0")
            std::this_thread::yield();
        first.exec("commit");
        later.join();
        check({});
        drop_key("k"), drop_device("k");
        exec("delete from latchkey.revocations");
        listen();
    }
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_at_once_are_a_few_rows) {
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select"
         " sha256(('k' || n)::bytea), 'k' || n, 'o' from generate_series(1, 20000) n");
    // The large change must not reuse a plan that was made for a single row.
    exec("update latchkey.api_keys set revoked_at = now() where key_id = 'k1'");
    exec("update latchkey.api_keys set revoked_at = null where key_id = 'k1'");
    add_unclear("k2"), add_device("k3"), drop_device("k3");
    exec("delete from latchkey.changes");
    exec("update latchkey.api_keys set revoked_at = now()");
    BOOST_TEST(value("select string_agg(kind || ' ' || coalesce(credential_kind, 'both') || ' ' ||"
                     " rows || ' ' || names, '; ' order by kind, credential_kind) from (select"
                     " kind, credential_kind, count(*) as rows, sum(cardinality(names)) as names"
                     " from latchkey.changes group by 1, 2) as told") ==
               "api_keys both 40 20000; credentials +api_key 20 19998; credentials both 1 2");
    exec("delete from latchkey.changes; update latchkey.api_keys set revoked_at = null");
    BOOST_TEST(value("select string_agg(distinct kind || coalesce(credential_kind, ''), ' ')"
                     " from latchkey.changes") == "api_keys credentials credentials-api_key");
    BOOST_TEST(joined(in_table()) == "device k2, device k3");
}

// --- Latchkey gives no id to both a key and a device ---

BOOST_AUTO_TEST_CASE(an_id_of_a_key_is_no_devices_and_of_a_device_no_keys) {
    changing change(configuration());
    const auto put_in = [&](const std::string& id) {
        return change.ask([&](auth::device_store& store) {
            auth::new_device device;
            device.device_id = id;
            device.organization_id = "o";
            device.stored_secret = crypto::secret("sha256:1");
            return store.register_device(std::move(device), by_nobody());
        });
    };
    const auto make_key = [&](const std::string& id) {
        auth::new_api_key key;
        key.key_hash[0] = static_cast<unsigned char>(id[0]);
        key.key_id = id;
        key.organization_id = "o";
        key.name = "n";
        return change.create(std::move(key));
    };
    BOOST_TEST(make_key("a").has_value());
    BOOST_TEST(put_in("b").has_value());
    const auto device = put_in("a").error();
    BOOST_TEST((device.kind == core::failure_kind::conflict));
    BOOST_TEST(device.message.find("API key with the id \"a\"") != std::string::npos);
    const auto key = make_key("b").error();
    BOOST_TEST((key.kind == core::failure_kind::conflict));
    BOOST_TEST(key.message.find("or a device with its id") != std::string::npos);
    // A revoked key keeps its id; a deleted one frees it.
    set_key("a", false);
    BOOST_TEST(!put_in("a").has_value());
    drop_key("a");
    BOOST_TEST(put_in("a").has_value());
}

BOOST_AUTO_TEST_CASE(two_at_once_do_not_both_get_an_id) {
    const std::string import = "select latchkey.import_devices('[{\"device_id\": \"x\","
                               " \"device_secret\": \"s\", \"organization_id\": \"o\","
                               " \"scopes\": [], \"metadata\": {}}]')";
    const std::string key = "insert into latchkey.api_keys (key_hash, key_id, organization_id)"
                            " select sha256('x'), 'x', 'o' where latchkey.claim_key_id('x')";
    for (const bool key_first : {true, false}) {
        session first(uri()), second(uri());
        const auto pid = second.backend_pid();
        first.exec("begin; " + (key_first ? key : import));
        std::string state, answer;
        std::jthread later([&] {
            if (key_first)
                answer = second.value(import);
            else
                state = second.sqlstate_of(key);
        });
        while (value("select count(*) from pg_locks where not granted and pid = " + pid) == "0")
            std::this_thread::yield();
        first.exec("commit");
        later.join();
        BOOST_TEST(answer == (key_first ? "(x,key)" : ""));
        BOOST_TEST(state == (key_first ? "" : "23505"));
        BOOST_TEST(value("select (select count(*) from latchkey.api_keys) +"
                         " (select count(*) from public.device_credentials)") == "1");
        exec("delete from latchkey.api_keys; delete from public.device_credentials");
    }
}

// --- finding the organization or credential that an operator means ---

BOOST_AUTO_TEST_CASE(an_organization_is_found_as_the_database_spells_it) {
    const std::string id = "5f0b6a52-1f6e-4c39-9a6e-0d8b9f3f8a11";
    for (const std::string type : {"uuid", "text"}) {
        BOOST_TEST_CONTEXT(type) {
            test_database database;
            database.exec("create table public.organizations (organization_id " + type +
                          ", name text, api_keys jsonb);"
                          "insert into public.organizations values ('" +
                          id + "', 'Acme', null), (null, 'nobody', null)");
            database.migrate();
            changing change(database.configuration());
            const auto find = [&](const std::string& given) {
                return change.ask(
                    [&](auth::revocation_store& s) { return s.find_organization(given); });
            };
            const bool is_uuid = type == "uuid";
            BOOST_TEST(find(id)->known);
            BOOST_TEST(find(id)->others.empty());
            for (const std::string other :
                 {"5F0B6A52-1F6E-4C39-9A6E-0D8B9F3F8A11", "{5f0b6a521f6e4c399a6e0d8b9f3f8a11}"}) {
                const auto found = find(other).value();
                BOOST_TEST(found.known == is_uuid);
                BOOST_TEST(found.id == (is_uuid ? id : other));
            }
            for (const std::string other : {"Acme", "", "5f0b6a52-1f6e-4c39-9a6e-0d8b9f3f8a12"}) {
                const auto found = find(other).value();
                BOOST_TEST(!found.known);
                BOOST_TEST(found.id == other);
                BOOST_REQUIRE(found.others.size() == 1u);
                BOOST_TEST(found.others[0].id == id);
                BOOST_TEST(found.others[0].name == "Acme");
            }
            BOOST_TEST((find(std::string("a\0b", 3)).error().kind == core::failure_kind::invalid));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_subject_of_ours_is_a_key_or_a_device_there_is_or_was) {
    changing change(configuration());
    const auto find = [&](const std::string& given) {
        return change.ask([&](auth::revocation_store& s) { return s.find_credential(given); })
            .value();
    };
    add_key("key_1"), add_device("dev_1"), add_key("key_2"), drop_key("key_2");
    for (const auto* known : {"key_1", "dev_1", "key_2"})
        BOOST_TEST(find(known).known);
    const auto found = find("key_3");
    BOOST_TEST(!found.known);
    ids others;
    for (const auto& other : found.others)
        others.insert(other.id);
    BOOST_TEST(joined(others) == "dev_1, key_1");
}

BOOST_AUTO_TEST_SUITE_END()
