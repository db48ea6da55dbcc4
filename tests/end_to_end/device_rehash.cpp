// Devices with bare secrets of the older service: hashes, and the secrets themselves.
#include "device_server.hpp"

#include <latchkey/crypto/digest.hpp>

using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(device_rehash)

// A stored SHA-256 is never accepted as a secret.
BOOST_AUTO_TEST_CASE(devices_with_secrets_of_both_shapes) {
    device_server r("[auth]\nlegacy_device_secret = \"mixed\"\n");
    const auto hex = latchkey::crypto::to_hex(latchkey::crypto::sha256("hashed"));
    r.database.exec("insert into public.device_credentials (device_id, device_secret,"
                    " organization_id, status) values ('h', '" +
                    hex + "', 'org', 'active'), ('p', 'chosen', 'org', 'active'), ('l', 'SHA256:" +
                    hex + "', 'org', 'active')");
    const auto as_they_are = [&] {
        BOOST_TEST(r.code("h", "hashed") == "VALID");
        BOOST_TEST(r.code("h", hex) == "INVALID_CREDENTIALS");
        BOOST_TEST(r.code("p", "chosen") == "VALID");
        for (const auto& secret : {std::string("hashed"), "SHA256:" + hex})
            BOOST_TEST(r.code("l", secret) == "INVALID_CREDENTIALS");
    };
    as_they_are();
    const auto forecast = r.command({"device", "rehash", "--dry-run"});
    BOOST_TEST(forecast.at("as_sha256").as_int64() == 1);
    BOOST_TEST(forecast.at("as_plaintext").as_int64() == 1);
    BOOST_TEST(forecast.at("unusable").as_int64() == 1);
    const auto bare = [&] {
        return r.database.value("select count(*) from public.device_credentials"
                                " where device_secret !~ '^(sha256|scrypt):'");
    };
    BOOST_TEST(bare() == "3");
    const auto done = r.command({"device", "rehash", "--generated"});
    BOOST_TEST(done.at("rehashed").as_int64() == 2);
    BOOST_TEST(done.at("unusable").as_int64() == 1);
    BOOST_TEST(bare() == "1");
    as_they_are();
}

BOOST_AUTO_TEST_CASE(a_rehash_stops_while_nobody_has_said_what_the_secrets_are) {
    device_server r;
    BOOST_TEST(r.server.command({"device", "rehash"}).exit_code == 0); // there are none
    r.database.exec("insert into public.device_credentials (device_id, device_secret,"
                    " organization_id) values ('h', repeat('a7', 32), 'org'),"
                    " ('p', 'CanaryBare', 'org')");
    for (const auto& words :
         {std::vector<std::string>{"device", "rehash"}, {"device", "rehash", "--dry-run"}}) {
        const auto stopped = r.server.command(words);
        BOOST_TEST(stopped.exit_code == 64);
        BOOST_TEST(stopped.err.find("1 bare secrets of 64 hexadecimal digits") !=
                   std::string::npos);
        BOOST_TEST(stopped.err.find("1 others") != std::string::npos);
        BOOST_TEST(stopped.err.find("Canary") == std::string::npos);
        BOOST_TEST(stopped.err.find("a7a7") == std::string::npos);
    }
    BOOST_TEST(r.database.value("select count(*) from public.device_credentials"
                                " where device_secret ~ ':'") == "0");
}

BOOST_AUTO_TEST_SUITE_END()
