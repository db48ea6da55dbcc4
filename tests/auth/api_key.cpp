#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace latchkey;
using auth::api_key_shape;

namespace {

std::string made(std::string_view env = "live") {
    auto key = auth::generate_api_key(env);
    BOOST_REQUIRE(key.has_value());
    return std::string(key->reveal());
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_key)

BOOST_AUTO_TEST_CASE(made_keys_are_ours_and_all_differ) {
    std::set<std::string> seen;
    for (const char* env : {"live", "test", "acme", "a", "0123456789abcdef"}) {
        for (int i = 0; i < 100; ++i) {
            const auto key = made(env);
            BOOST_TEST(key.starts_with("lk_" + std::string(env) + "_"));
            BOOST_TEST(key.size() == 4 + std::string_view(env).size() + 31 + 6);
            BOOST_TEST((auth::classify_api_key(key) == api_key_shape::own));
            seen.insert(key);
        }
    }
    BOOST_TEST(seen.size() == 500u);
}

// CRC-32 detects every error of one byte: none of the 43 * 94 mistyped keys may pass.
BOOST_AUTO_TEST_CASE(no_mistyped_key_is_ours) {
    const auto key = made();
    for (std::size_t at = 0; at < key.size(); ++at) {
        for (char c = '!'; c <= '~'; ++c) {
            if (c == key[at]) continue;
            auto typo = key;
            typo[at] = c;
            BOOST_TEST_CONTEXT(typo) {
                BOOST_TEST((auth::classify_api_key(typo) != api_key_shape::own));
                // Behind the prefix, it is a mistyped key of ours, and costs no look-up.
                if (at > 7) BOOST_TEST((auth::classify_api_key(typo) == api_key_shape::invalid));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(prefixes_have_their_rule) {
    for (const char* env : {"", "LIVE", "li_ve", "li-ve", "0123456789abcdefg", "a b"}) {
        BOOST_TEST_CONTEXT(env) {
            const auto key = auth::generate_api_key(env);
            BOOST_REQUIRE(!key);
            BOOST_TEST((key.error().kind == core::failure_kind::invalid));
        }
    }
}

BOOST_AUTO_TEST_CASE(shapes) {
    struct {
        std::string key;
        api_key_shape shape;
    } const cases[] = {
        {"", api_key_shape::invalid},
        {"1234567", api_key_shape::invalid},
        {"12345678", api_key_shape::foreign},
        {std::string(512, 'k'), api_key_shape::foreign},
        {std::string(513, 'k'), api_key_shape::invalid},
        {"sk_live_51Habc/+=.~!", api_key_shape::foreign},
        {"with a space", api_key_shape::invalid},
        {"with\ta tab", api_key_shape::invalid},
        {"k\xc3\xa9yk\xc3\xa9yk\xc3\xa9y", api_key_shape::invalid},
        {std::string("nul\0inside", 10), api_key_shape::invalid},
        {"lk_live_", api_key_shape::invalid},
        {"lk_live_short", api_key_shape::invalid},
        {"lk_test_" + std::string(38, 'a'), api_key_shape::invalid},
        {"lk_live_" + std::string(37, 'a'), api_key_shape::invalid},
        {"lk_live_" + std::string(36, 'a') + "-", api_key_shape::invalid},
        {"lk_acme_" + std::string(37, 'a'), api_key_shape::invalid},
        {"lk_acme_imported-from-elsewhere", api_key_shape::foreign},
        {"lk_live", api_key_shape::invalid}, // seven characters
        {"lk_ACME_" + std::string(37, 'a'), api_key_shape::foreign},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.key) {
            BOOST_TEST((auth::classify_api_key(c.key) == c.shape));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_fingerprint_is_the_sha256_of_the_whole_key) {
    const auto key = made();
    BOOST_TEST((auth::api_key_fingerprint(key, false) == crypto::sha256(key)));
    BOOST_TEST((auth::api_key_fingerprint("foreign-key", true) == crypto::sha256("foreign-key")));
    BOOST_TEST(!auth::api_key_fingerprint("foreign-key", false));
    BOOST_TEST(!auth::api_key_fingerprint("short", true));
}

// A wrong checksum never leads to a look-up.
BOOST_AUTO_TEST_CASE(wrong_checksums_have_no_fingerprint) {
    std::size_t found = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto n = std::to_string(1'000'000 + i);
        if (auth::api_key_fingerprint("lk_live_" + n + std::string(23, 'A') + n, true)) ++found;
    }
    BOOST_TEST(found == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
