// Keys by their hashes: imported, exported, and taken over from the older service's arrays.
#include "changing.hpp"
#include "running_store.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using auth::import_outcome;

namespace {

auth::key_by_hash key_for(std::size_t number, const std::string& organization = "acme") {
    auth::key_by_hash key;
    key.key_hash = key_number(number);
    key.key_id = "k" + std::to_string(number);
    key.organization_id = organization;
    return key;
}

std::string element(std::size_t number, const std::string& more = {}) {
    return R"({"key_id":"k)" + std::to_string(number) + R"(","key_hash":")" +
           crypto::to_hex(key_number(number)) + "\"" + more + "}";
}

struct with_organizations {
    migrated_database database;
    changing change{database.configuration()};

    with_organizations() {
        database.exec("insert into public.organizations (organization_id, name)"
                      " values ('acme', 'Acme'), ('other', 'Other')");
    }
    // "outcome key_id why" of each.
    std::vector<std::string> import(std::vector<auth::key_by_hash> keys, bool dry_run = false) {
        const auto done = change.ask([&](pg::lifecycle& store) {
            return store.import_api_keys(std::move(keys), dry_run, by_nobody());
        });
        std::vector<std::string> out;
        for (const auto& one : done.value())
            out.push_back((one.outcome == import_outcome::created  ? "created "
                           : one.outcome == import_outcome::exists ? "exists "
                                                                   : "skipped ") +
                          one.key_id + ' ' + one.why);
        return out;
    }
    std::vector<auth::adopted_key> adopt(auth::key_page page = {}, bool dry_run = false) {
        return change
            .ask([&](pg::lifecycle& store) {
                return store.adopt_api_keys(std::move(page), dry_run, by_nobody());
            })
            .value();
    }
    void set_array(const std::string& elements, const std::string& organization = "acme") {
        database.exec("update public.organizations set api_keys = '[" + elements +
                      "]' where organization_id = '" + organization + "'");
    }
    std::string keys(const std::string& condition = "true") {
        return database.value("select count(*) from latchkey.api_keys where " + condition);
    }
};

using texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(key_import)

BOOST_AUTO_TEST_CASE(all_that_a_key_has_is_stored_and_told_again) {
    with_organizations w;
    auto key = key_for(1);
    key.hint = "sk_ab";
    key.name = "n \"1\"";
    key.external_id = "u";
    key.scopes = {"a", "b"};
    key.metadata = R"({"a":1})";
    key.allowed_networks = {"10.0.0.0/8"};
    key.enabled = false;
    key.expires_at = core::real_time(core::seconds(1893456000));
    key.revoked_at = core::real_time(core::seconds(1600000000));
    key.revoked_reason = "lost";
    key.created_at = core::real_time(core::seconds(1500000000));
    key.rate_limit = core::rate_rule::make(5, core::seconds(60), 2);
    BOOST_TEST(w.import({key}) == texts{"created k1 "}, boost::test_tools::per_element());
    const auto told = w.change.ask([](pg::lifecycle& store) {
        return store.export_api_keys({std::nullopt, std::nullopt, 10});
    });
    BOOST_REQUIRE(told.value().size() == 1u);
    const auto& again = told->front();
    BOOST_TEST((again.key_hash == key.key_hash));
    BOOST_TEST(again.hint.value() == "sk_ab");
    BOOST_TEST(again.name.value() == "n \"1\"");
    BOOST_TEST((again.scopes == key.scopes));
    BOOST_TEST((again.allowed_networks == key.allowed_networks));
    BOOST_TEST(!again.enabled);
    BOOST_TEST((again.expires_at == key.expires_at));
    BOOST_TEST((again.revoked_at == key.revoked_at));
    BOOST_TEST(again.revoked_reason.value() == "lost");
    BOOST_TEST((again.created_at == key.created_at));
    BOOST_TEST((again.rate_limit == key.rate_limit));
    // It leaves a change for the nodes.
    BOOST_TEST(w.database.value("select count(*) from latchkey.changes") != "0");
}

BOOST_AUTO_TEST_CASE(what_is_there_stays_and_each_other_is_named) {
    with_organizations w;
    w.database.exec("insert into public.device_credentials (device_id, device_secret,"
                    " organization_id, status) values ('k7', 'x', 'acme', 'active')");
    BOOST_TEST(w.import({key_for(1)}) == texts{"created k1 "}, boost::test_tools::per_element());
    auto renamed = key_for(1);
    renamed.key_id = "another";
    auto same_id = key_for(5);
    same_id.key_id = "k1";
    auto twice = key_for(6);
    twice.key_id = "k2";
    const std::vector<auth::key_by_hash> all = {
        renamed, key_for(1, "other"), key_for(2),         key_for(2), same_id,
        twice,   key_for(7),          key_for(8, "none"), key_for(9)};
    const texts expected = {
        "exists k1 ",
        "skipped k1 another organization has this key",
        "created k2 ",
        "skipped k2 one before it has the same hash",
        "skipped k1 another key has the key_id \"k1\"",
        "skipped k2 another key has the key_id \"k2\"",
        "skipped k7 a device has the id \"k7\", and tokens name either by its id",
        "skipped k8 there is no organization \"none\"; make it first: latchkey org create",
        "created k9 "};
    BOOST_TEST(w.import(all, true) == expected, boost::test_tools::per_element());
    BOOST_TEST(w.keys() == "1");
    BOOST_TEST(w.import(all) == expected, boost::test_tools::per_element());
    BOOST_TEST(w.keys() == "3");
    BOOST_TEST(w.import({key_for(2), key_for(9)}) == (texts{"exists k2 ", "exists k9 "}),
               boost::test_tools::per_element());
}

// An id that the column's type cannot hold is no organization's, and keeps no other key out.
BOOST_AUTO_TEST_CASE(organizations_ids_may_be_uuids) {
    test_database database;
    database.exec("create table public.organizations (organization_id uuid primary key, name text,"
                  " api_keys jsonb)");
    database.migrate();
    const std::string id = "5f0b6a52-1f6e-4c39-9a6e-0d8b9f3f8a11";
    database.exec("insert into public.organizations (organization_id) values ('" + id + "')");
    changing change{database.configuration()};
    const auto done = change.ask([&](pg::lifecycle& store) {
        return store.import_api_keys({key_for(1, id), key_for(2, "acme"),
                                      key_for(3, "00000000-0000-4000-8000-000000000000"),
                                      key_for(4, "5F0B6A52-1F6E-4C39-9A6E-0D8B9F3F8A11")},
                                     false, by_nobody());
    });
    BOOST_REQUIRE(done.has_value());
    BOOST_REQUIRE(done->size() == 4u);
    BOOST_TEST((done->at(0).outcome == import_outcome::created));
    BOOST_TEST(done->at(1).why.find("no organization") != std::string::npos);
    BOOST_TEST(done->at(2).why.find("no organization") != std::string::npos);
    BOOST_TEST((done->at(3).outcome == import_outcome::created));
}

BOOST_AUTO_TEST_CASE(what_is_not_stored_is_no_reason_against_what_follows) {
    with_organizations w;
    auto same_id = key_for(3);
    same_id.key_id = "k2";
    BOOST_TEST(
        w.import({key_for(1, "none"), key_for(1), key_for(2), same_id, key_for(4, "none"),
                  key_for(2), key_for(4)}) ==
            (texts{"skipped k1 there is no organization \"none\"; make it first: latchkey org"
                   " create",
                   "created k1 ", "created k2 ", "skipped k2 another key has the key_id \"k2\"",
                   "skipped k4 there is no organization \"none\"; make it first: latchkey org"
                   " create",
                   "skipped k2 one before it has the same hash", "created k4 "}),
        boost::test_tools::per_element());
}

// It commits while the import waits for it, and the hash is a former one's then.
BOOST_AUTO_TEST_CASE(a_rotation_at_the_same_moment_leaves_the_batch_busy) {
    with_organizations w;
    session other(w.database.uri());
    other.exec("begin; insert into latchkey.api_keys (key_hash, key_id, organization_id) values"
               " ('\\x" +
               crypto::to_hex(key_number(1)) +
               "', 'x', 'acme'); update latchkey.api_keys set key_hash = sha256('new')"
               " where key_id = 'x'");
    bool committed = false;
    w.change.while_waiting = [&] {
        if (committed || w.database.value("select count(*) from pg_locks where not granted"
                                          " and locktype = 'transactionid'") == "0")
            return;
        committed = true;
        other.exec("commit");
    };
    const auto told = w.import({key_for(1), key_for(2)});
    BOOST_TEST(committed);
    BOOST_REQUIRE(told.size() == 2u);
    BOOST_TEST(told[0].starts_with("skipped k1 "));
    BOOST_TEST(told[1].starts_with("skipped k2 "));
    BOOST_TEST(w.keys() == "1");
    BOOST_TEST(w.import({key_for(2)}) == texts{"created k2 "}, boost::test_tools::per_element());
}

// A writer that has a finding of the key waits for nobody's adoption.
BOOST_AUTO_TEST_CASE(a_finding_that_is_being_written_is_left) {
    with_organizations w;
    w.set_array(element(1));
    w.database.exec("insert into latchkey.mirror_findings (organization_id, place, outcome, code,"
                    " reason, key_id, key_hash) select 'acme', n, 'disabled', 'unreadable', 'r',"
                    " 'k1', key_hash from latchkey.api_keys, generate_series(1, 2) n");
    session writer(w.database.uri());
    writer.exec("begin; update latchkey.mirror_findings set reason = 's' where place = 1");
    w.change.while_waiting = [&] {
        if (w.database.value("select count(*) from pg_locks where not granted") != "0")
            writer.exec("rollback");
    };
    BOOST_TEST(w.adopt().size() == 1u);
    writer.exec("commit");
    BOOST_TEST(w.database.value("select string_agg(place || reason, ' ')"
                                " from latchkey.mirror_findings") == "1s");
}

BOOST_AUTO_TEST_CASE(an_imported_key_is_found) {
    with_organizations w;
    running_store running(w.database.configuration());
    BOOST_TEST(running.record_of(key_number(1)) == nullptr);
    BOOST_TEST(w.import({key_for(1)}).size() == 1u);
    BOOST_TEST(running.record_of(key_number(1))->facts().key_id == "k1");
}

BOOST_AUTO_TEST_CASE(adopted_keys_are_no_more_the_arrays) {
    with_organizations w;
    w.set_array(element(1, R"(,"scopes":["a","latchkey:admin:write:*"])") + ',' + element(2) + ',' +
                element(3, R"(,"is_active":false)"));
    w.set_array(element(4), "other");
    w.set_array(element(1, R"(,"scopes":["a","latchkey:admin:write:*"])") + ',' + element(3));
    BOOST_TEST(w.keys("origin = 'organization_array'") == "4");

    // Of one organization, and nothing changes yet. k2 was taken out of its array.
    const auto forecast = w.adopt({"acme", std::nullopt, 10}, true);
    BOOST_REQUIRE(forecast.size() == 2u);
    BOOST_TEST(forecast[0].stripped == texts{"latchkey:admin:write:*"},
               boost::test_tools::per_element());
    BOOST_TEST(w.keys("origin = 'latchkey'") == "0");

    BOOST_TEST(w.adopt({std::nullopt, std::nullopt, 2}).size() == 2u);
    BOOST_TEST(w.adopt({std::nullopt, "k3", 2}).size() == 1u);
    BOOST_TEST(w.adopt().empty());
    BOOST_TEST(w.keys("origin = 'latchkey' and adopted_at is not null") == "3");
    BOOST_TEST(w.database.value("select scopes from latchkey.api_keys where key_id = 'k1'") ==
               "{a}");

    // What the older service does with them changes nothing any more.
    w.set_array(element(1, R"(,"is_active":false)") + ',' + element(2));
    BOOST_TEST(w.keys("enabled and revoked_at is null and key_id in ('k1', 'k3')") == "2");
    BOOST_TEST(w.database.value("select outcome || ' ' || code from latchkey.mirror_findings") ==
               "skipped adopted");
    // A removed key comes back with its element, since it was not adopted.
    BOOST_TEST(w.keys("key_id = 'k2' and revoked_at is null") == "1");
    // Once Latchkey says the same, or the element is gone, nothing is to be found.
    w.set_array(element(2));
    BOOST_TEST(w.database.value("select count(*) from latchkey.mirror_findings") == "0");
    w.database.exec("select latchkey.mirror_all()");
    BOOST_TEST(w.keys("revoked_at is null") == "4");
    // An element that allows no less than its key is none.
    w.set_array(element(2) + ',' + element(3));
    BOOST_TEST(w.database.value("select count(*) from latchkey.mirror_findings") == "0");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_being_written_is_left_and_named) {
    with_organizations w;
    w.set_array(element(1) + ',' + element(2));
    session writer(w.database.uri());
    writer.exec("begin; update public.organizations set api_keys = '[" + element(1) +
                "]' where organization_id = 'acme'");
    const auto adopted = w.adopt();
    BOOST_REQUIRE(adopted.size() == 2u);
    BOOST_TEST(!adopted[0].busy);
    BOOST_TEST(adopted[1].busy);
    writer.exec("commit");
    // It was taken out of its array, which may bring it back.
    BOOST_TEST(w.adopt().empty());
    BOOST_TEST(w.keys("key_id = 'k2' and origin = 'organization_array'") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
