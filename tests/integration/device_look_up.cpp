#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/auth/device/judge_device.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/password_hash.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>

using namespace latchkey;
using namespace latchkey::test;
using auth::legacy_device_secret;

namespace {

constexpr const char* uuid = "5f0b6a52-1f6e-4c39-9a6e-0d8b9f3f8a11";

bool opens(const std::shared_ptr<const auth::device_record>& device, const std::string& secret) {
    const auto match = compare(*device, crypto::sha256(secret), std::chrono::system_clock::now());
    return match == auth::secret_match::yes || match == auth::secret_match::previous;
}

// Makes the organization acme, and its devices device-1 to device-`count` with secret-1 and so on.
std::string fill_with_devices(std::size_t count) {
    return "insert into public.organizations (organization_id) values ('acme')"
           " on conflict do nothing;"
           "insert into public.device_credentials (device_id, device_secret, organization_id)"
           " select 'device-' || n, 'sha256:' || encode(sha256(('secret-' || n)::bytea), 'hex'),"
           " 'acme' from generate_series(1, " +
           std::to_string(count) + ") n";
}

template <class Questions>
bool all_told(const Questions& all) {
    return std::ranges::all_of(all, [](const auto& q) { return q.complete_called; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(device_look_up)

BOOST_AUTO_TEST_CASE(tells_found_from_absent_and_reads_every_column) {
    migrated_database database;
    database.exec(fill_with_devices(2));
    database.exec("update public.device_credentials set name = 'door', scopes = '{open,close}',"
                  " metadata = '{\"floor\": \"ü\"}', previous_secret = 'old',"
                  " previous_secret_until = '2030-01-02 03:04:05+00', status = 'off',"
                  " revoked_at = now() where device_id = 'device-1'");
    running_store running(database.configuration());

    BOOST_TEST(!running.device("device-3"));
    const auto plain = running.device("device-2")->facts();
    BOOST_TEST(!plain.name.has_value());
    BOOST_TEST(plain.scopes.empty());
    BOOST_TEST(plain.metadata == "{}");
    BOOST_TEST(!plain.previous_secret.has_value());
    BOOST_TEST(plain.active);
    BOOST_TEST(!plain.revoked);
    const auto full = running.device("device-1")->facts();
    BOOST_TEST(full.device_id == "device-1");
    BOOST_TEST(full.organization_id == "acme");
    BOOST_TEST(full.name.value() == "door");
    BOOST_TEST(full.scopes == (std::vector<std::string>{"close", "open"}),
               boost::test_tools::per_element());
    BOOST_TEST(full.metadata == "{\"floor\": \"ü\"}");
    BOOST_TEST((full.previous_until.value().time_since_epoch() == core::seconds(1893553445)));
    BOOST_TEST(full.previous_secret->is_legacy());
    BOOST_TEST(!full.active);
    BOOST_TEST(full.revoked);
}

BOOST_AUTO_TEST_CASE(every_stored_form_is_compared) {
    migrated_database database;
    database.exec(fill_with_devices(1));
    const auto hash = crypto::hash_password("chosen", {});
    database.exec("insert into public.device_credentials (device_id, device_secret,"
                  " organization_id) values ('chosen', '" +
                  hash.value() + "', 'acme'), ('bare', 'bare-secret', 'acme'), ('hex', '" +
                  crypto::to_hex(device_key("hashed")) + "', 'acme'), ('odd', 'sha256:7', 'acme')");
    running_store plaintext(database.configuration(), {2, 0}, legacy_device_secret::plaintext);
    running_store hex(database.configuration(), {2, 0}, legacy_device_secret::sha256_hex);
    running_store unset(database.configuration());

    BOOST_TEST(opens(unset.device("device-1"), "secret-1"));
    BOOST_TEST(!opens(unset.device("device-1"), "secret-2"));
    BOOST_TEST(opens(plaintext.device("bare"), "bare-secret"));
    BOOST_TEST(!opens(unset.device("bare"), "bare-secret"));
    BOOST_TEST(!opens(hex.device("bare"), "bare-secret"));
    BOOST_TEST(opens(hex.device("hex"), "hashed"));
    BOOST_TEST(!opens(plaintext.device("hex"), "hashed"));
    BOOST_TEST(!plaintext.device("odd")->facts().secret.is_usable());
    BOOST_TEST(unset.device("chosen")->facts().secret.is_scrypt());
}

BOOST_AUTO_TEST_CASE(the_previous_secret_is_good_until_its_time) {
    migrated_database database;
    database.exec(fill_with_devices(1));
    database.exec("update public.device_credentials set previous_secret = device_secret,"
                  " device_secret = 'sha256:' || encode(sha256('new'), 'hex')");
    running_store running(database.configuration());
    struct {
        std::string until;
        bool good;
    } const cases[] = {
        {"null", false},
        {"now() - interval '1 s'", false},
        {"now() + interval '1 h'", true},
        {"'infinity'", true},
        {"'-infinity'", false},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.until) {
            database.exec("update public.device_credentials set previous_secret_until = " +
                          c.until);
            const auto device = running.device("device-1");
            BOOST_TEST(opens(device, "new"));
            BOOST_TEST(opens(device, "secret-1") == c.good);
        }
    }
}

BOOST_AUTO_TEST_CASE(says_whether_the_organization_is_enabled) {
    migrated_database database;
    database.exec(fill_with_devices(1));
    running_store running(database.configuration());
    const auto enabled = [&] { return running.device("device-1")->facts().organization_enabled; };

    BOOST_TEST(enabled());
    database.exec("update public.organizations set status = 'disabled'");
    BOOST_TEST(!enabled());
    database.exec("delete from public.organizations");
    BOOST_TEST(!enabled());
}

// The old table has other types than Latchkey's, some of the columns that it adds, NULLs, and no
// key.
BOOST_AUTO_TEST_CASE(old_tables_are_read_as_they_are) {
    for (const std::string id_type : {"uuid", "text", "character varying(64)"}) {
        for (const std::string scopes :
             {"text[]", "character varying(20)[]", "jsonb", "json", "text"}) {
            BOOST_TEST_CONTEXT(id_type << ", scopes " << scopes) {
                test_database database;
                database.exec("create table public.organizations (organization_id " + id_type +
                              ", api_keys jsonb);"
                              "create table public.device_credentials (device_id " +
                              id_type + ", device_secret varchar(200), organization_id " + id_type +
                              ", name varchar(20), scopes " + scopes +
                              ", metadata json, last_seen timestamptz)");
                database.migrate();
                const bool is_array = scopes.ends_with("[]");
                const std::string some = is_array           ? "{a,b,NULL}"
                                         : scopes == "text" ? "a, b"
                                                            : "[\"a\", null, \"b\"]";
                database.exec("insert into public.organizations values ('" + std::string(uuid) +
                              "', '[]');"
                              "insert into public.device_credentials values ('" +
                              uuid + "', 's', '" + uuid + "', 'n', '" + some +
                              "', '{\"a\": 1}', now())");
                running_store running(database.configuration(), {2, 0},
                                      legacy_device_secret::plaintext);
                const auto device = running.device(uuid);
                BOOST_REQUIRE(device);
                BOOST_TEST(opens(device, "s"));
                BOOST_TEST(device->facts().scopes == (std::vector<std::string>{"a", "b"}),
                           boost::test_tools::per_element());
                BOOST_TEST(device->facts().metadata == "{\"a\": 1}");
                BOOST_TEST(device->facts().organization_enabled);

                database.exec("update public.device_credentials set device_secret = null,"
                              " organization_id = null, name = null, scopes = null,"
                              " metadata = null");
                const auto empty = running.device(uuid);
                BOOST_REQUIRE(empty);
                BOOST_TEST(!empty->facts().secret.is_usable());
                BOOST_TEST(empty->facts().scopes.empty());
                BOOST_TEST(empty->facts().metadata == "{}");
                BOOST_TEST(!empty->facts().organization_enabled);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_thousand_misses_are_one_query) {
    migrated_database database;
    database.exec(fill_with_devices(900));
    running_store running(database.configuration());
    running.wait_until_reachable();

    std::deque<device_question> all;
    for (std::size_t n = 1; n <= 1000; ++n)
        running.store.find_device(all.emplace_back(device_key("device-" + std::to_string(n))));
    running.run_until([&] { return all_told(all); });

    for (std::size_t n = 1; n <= 1000; ++n) {
        BOOST_REQUIRE(all[n - 1].outcome() == (n <= 900 ? "found" : "absent"));
        if (n <= 900)
            BOOST_REQUIRE(all[n - 1].record->facts().device_id == "device-" + std::to_string(n));
    }
    core::metric_sink sink;
    running.store.collect(sink);
    BOOST_TEST(sink.prometheus().find("auth_db_batch_size_count 1\n") != std::string::npos);
}

// Both kinds share one connection with room for two batches: neither waits for the other's end.
BOOST_AUTO_TEST_CASE(both_kinds_at_once_take_turns) {
    migrated_database database;
    database.exec(fill_with_keys(300));
    database.exec(fill_with_devices(300));
    auto settings = database.configuration();
    settings.batch_max = 10;
    settings.in_flight = 2;
    settings.acquire_timeout = core::seconds(20);
    running_store running(settings, {1, 0});
    running.wait_until_reachable();

    std::deque<question> keys;
    std::deque<device_question> devices;
    std::string order;
    for (std::size_t n = 1; n <= 300; ++n) {
        auto& key = keys.emplace_back(key_number(n));
        key.then = [&](auto&) { order += 'k'; };
        running.store.find_api_key(key);
    }
    for (std::size_t n = 1; n <= 300; ++n) {
        auto& device = devices.emplace_back(device_key("device-" + std::to_string(n)));
        device.then = [&](auto&) { order += 'd'; };
        running.store.find_device(device);
    }
    running.run_until([&] { return all_told(keys) && all_told(devices); });

    BOOST_TEST(std::ranges::all_of(keys, [](const auto& q) { return q.outcome() == "found"; }));
    BOOST_TEST(std::ranges::all_of(devices, [](const auto& q) { return q.outcome() == "found"; }));
    // Batches of ten alternate.
    for (const auto so_far : {100, 200, 400})
        BOOST_TEST(std::abs(2 * std::count(order.begin(), order.begin() + so_far, 'k') - so_far) <=
                   40);
}

BOOST_AUTO_TEST_SUITE_END()
