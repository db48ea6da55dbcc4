#include <latchkey/auth/device/scrypt_question.hpp>
#include <latchkey/auth/device/scrypt_results.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

const core::boot_time start = core::boot_time(1000s);

// All keys are in one shard, where room is least.
core::fingerprint key(std::uint32_t n) {
    core::fingerprint f{};
    std::memcpy(f.data(), &n, sizeof n);
    return f;
}

using outcome = std::optional<bool>;

} // namespace

BOOST_AUTO_TEST_SUITE(scrypt_results)

BOOST_AUTO_TEST_CASE(both_outcomes_are_kept_for_a_while) {
    auth::scrypt_results results(1000, 300s);
    BOOST_TEST((results.find(key(1), start) == outcome()));
    results.keep(key(1), true, start);
    results.keep(key(2), false, start);
    BOOST_TEST((results.find(key(1), start) == outcome(true)));
    BOOST_TEST((results.find(key(2), start + 299s) == outcome(false)));
    BOOST_TEST((results.find(key(1), start + 300s) == outcome()));
    BOOST_TEST((results.find(key(2), start + 300s) == outcome()));
    BOOST_TEST((results.find(key(3), start) == outcome()));
}

BOOST_AUTO_TEST_CASE(a_hit_makes_nothing_younger_and_a_new_computation_does) {
    auth::scrypt_results results(1000, 300s);
    results.keep(key(1), true, start);
    BOOST_TEST(results.find(key(1), start + 299s).has_value());
    BOOST_TEST(!results.find(key(1), start + 301s).has_value());
    results.keep(key(1), true, start + 301s);
    BOOST_TEST(results.find(key(1), start + 600s).has_value());
    BOOST_TEST(results.count() == 1u);
}

// There are 32 halves of two each; these keys share one shard.
BOOST_AUTO_TEST_CASE(the_oldest_goes_when_there_is_no_room) {
    auth::scrypt_results results(64, 300s);
    for (std::uint32_t n = 1; n <= 3; ++n)
        results.keep(key(n), true, start + n * 1s);
    BOOST_TEST(!results.find(key(1), start + 4s).has_value());
    BOOST_TEST(results.find(key(2), start + 4s).has_value());
    BOOST_TEST(results.find(key(3), start + 4s).has_value());
    BOOST_TEST(results.count() == 2u);
}

BOOST_AUTO_TEST_CASE(wrong_guesses_drive_no_right_secret_out) {
    auth::scrypt_results results(64, 300s);
    results.keep(key(0), true, start);
    for (std::uint32_t n = 1; n <= 1000; ++n)
        results.keep(key(n), false, start + n * 1ms);
    BOOST_TEST((results.find(key(0), start + 2s) == outcome(true)));
    BOOST_TEST(results.count() == 3u);
}

BOOST_AUTO_TEST_CASE(what_expired_goes_as_others_come) {
    auth::scrypt_results results(3200, 300s);
    for (std::uint32_t n = 0; n < 50; ++n)
        results.keep(key(n), true, start);
    BOOST_TEST(results.count() == 50u);
    for (std::uint32_t n = 100; n < 125; ++n)
        results.keep(key(n), true, start + 300s);
    BOOST_TEST(results.count() == 25u);
    for (std::uint32_t n = 100; n < 125; ++n)
        BOOST_TEST(results.find(key(n), start + 301s).has_value());
}

BOOST_AUTO_TEST_CASE(all_shards_together_stay_within_the_bound) {
    auth::scrypt_results results(320, 300s);
    for (int n = 0; n < 5000; ++n)
        results.keep(crypto::sha256(std::to_string(n)), n % 2 == 0, start);
    BOOST_TEST(results.count() == 320u);
}

BOOST_AUTO_TEST_CASE(a_key_is_of_the_stored_text_and_the_secret) {
    const auto hash = [](const char* password) {
        const auto text = crypto::hash_password(password, {4, 1, 1}).value();
        return crypto::password_hash::parse(text).value();
    };
    const auto one = hash("p");
    const auto changed = hash("p");
    const auto secret = crypto::sha256("p");
    const auto other = crypto::sha256("q");
    BOOST_TEST((auth::scrypt_key(one, secret) == auth::scrypt_key(one, secret)));
    BOOST_TEST((auth::scrypt_key(one, secret) != auth::scrypt_key(one, other)));
    BOOST_TEST((auth::scrypt_key(one, secret) != auth::scrypt_key(changed, secret)));
}

BOOST_AUTO_TEST_SUITE_END()
