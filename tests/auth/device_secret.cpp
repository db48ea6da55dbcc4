#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

using namespace latchkey;
using auth::stored_secret;
using meaning = auth::legacy_device_secret;

namespace {

// SHA-256 of "abc".
const std::string abc_hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string abc_capitals = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
const std::string abc_scrypt = crypto::hash_password("abc", {4, 1, 1}).value();

stored_secret parsed(std::string_view stored, meaning legacy = meaning::unset) {
    return stored_secret::parse(stored, legacy);
}

bool opens(const stored_secret& stored, std::string_view presented) {
    return stored.matches(crypto::sha256(presented));
}

} // namespace

BOOST_AUTO_TEST_SUITE(device_secret)

BOOST_AUTO_TEST_CASE(made_secrets_have_a_shape_and_all_differ) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto made = auth::generate_device_secret();
        BOOST_REQUIRE(made.has_value());
        const std::string text(made->reveal());
        BOOST_TEST(text.starts_with("lkd_"));
        BOOST_TEST(text.size() == 4u + 31 + 6);
        BOOST_TEST(text.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                          "tuvwxyz_") == std::string::npos);
        BOOST_TEST(auth::is_device_secret(text));
        seen.insert(text);
    }
    BOOST_TEST(seen.size() == 100u);
}

BOOST_AUTO_TEST_CASE(a_made_secret_opens_its_stored_form_and_no_other) {
    const auto one = auth::generate_device_secret().value();
    const auto two = auth::generate_device_secret().value();
    const auto stored = parsed(auth::sha256_form(one.reveal()));
    BOOST_TEST(opens(stored, one.reveal()));
    BOOST_TEST(!opens(stored, two.reveal()));
    BOOST_TEST(auth::sha256_form("abc") == "sha256:" + abc_hex);
}

// In every form that opens, the secret is "abc".
BOOST_AUTO_TEST_CASE(stored_forms) {
    struct {
        const char* name;
        std::string stored;
        meaning legacy;
        bool usable, is_legacy, opens;
    } const cases[] = {
        {"sha256", "sha256:" + abc_hex, meaning::unset, true, false, true},
        {"sha256 in capitals", "sha256:" + abc_capitals, meaning::unset, true, false, true},
        {"sha256 among plaintexts", "sha256:" + abc_hex, meaning::plaintext, true, false, true},
        {"sha256, a digit less", "sha256:" + abc_hex.substr(1), meaning::plaintext, false, false,
         false},
        {"sha256, a digit more", "sha256:0" + abc_hex, meaning::sha256_hex, false, false, false},
        {"sha256, no digit", "sha256:g" + abc_hex.substr(1), meaning::unset, false, false, false},
        {"sha256 of nothing", "sha256:", meaning::plaintext, false, false, false},
        {"scrypt", abc_scrypt, meaning::unset, true, false, false},
        {"scrypt among plaintexts", abc_scrypt, meaning::plaintext, true, false, false},
        {"scrypt, misshapen", "scrypt:abc", meaning::plaintext, false, false, false},
        {"scrypt, too costly", "scrypt:ln=20" + abc_scrypt.substr(abc_scrypt.find(',')),
         meaning::plaintext, false, false, false},
        {"plaintext", "abc", meaning::plaintext, true, true, true},
        {"plaintext that looks like a hash", abc_hex, meaning::plaintext, true, true, false},
        {"plaintext with white space", "abc ", meaning::plaintext, true, true, false},
        {"hexadecimal", abc_hex, meaning::sha256_hex, true, true, true},
        {"hexadecimal in capitals", abc_capitals, meaning::sha256_hex, true, true, true},
        {"no hexadecimal", "abc", meaning::sha256_hex, false, true, false},
        {"hexadecimal of another length", abc_hex + "00", meaning::sha256_hex, false, true, false},
        {"bare, and nobody said what", "abc", meaning::unset, false, true, false},
        {"hexadecimal, and nobody said what", abc_hex, meaning::unset, false, true, false},
        {"nothing", "", meaning::plaintext, false, false, false},
        {"nothing, mixed", "", meaning::mixed, false, false, false},
        {"plaintext, mixed", "abc", meaning::mixed, true, true, true},
        {"hexadecimal, mixed", abc_hex, meaning::mixed, true, true, true},
        {"hexadecimal in capitals, mixed", abc_capitals, meaning::mixed, true, true, true},
        {"sha256, mixed", "sha256:" + abc_hex, meaning::mixed, true, false, true},
        {"sha256, a digit less, mixed", "sha256:" + abc_hex.substr(1), meaning::mixed, false, false,
         false},
        {"scrypt, mixed", abc_scrypt, meaning::mixed, true, false, false},
        {"a digit less, mixed", abc_hex.substr(1), meaning::mixed, true, true, false},
        {"a hash and an end of line, mixed", abc_hex + "\n", meaning::mixed, false, true, false},
        {"white space and a hash, mixed", " \t" + abc_hex, meaning::mixed, false, true, false},
        {"another mark of a hash, mixed", "SHA256:" + abc_hex, meaning::mixed, false, true, false},
        {"bytea as text, mixed", "\\x" + abc_hex, meaning::mixed, false, true, false},
        {"another mark of a hash among plaintexts", "SHA256:" + abc_hex, meaning::plaintext, true,
         true, false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto stored = parsed(c.stored, c.legacy);
            BOOST_TEST(stored.is_usable() == c.usable);
            BOOST_TEST(stored.is_legacy() == c.is_legacy);
            BOOST_TEST(opens(stored, "abc") == c.opens);
            for (const auto* other : {"", "abd", "ab", "ABC", "sha256:abc"})
                BOOST_TEST(!opens(stored, other));
        }
}

// The stored text itself opens nothing: a leaked table lets nobody in.
BOOST_AUTO_TEST_CASE(what_is_stored_does_not_open_itself) {
    BOOST_TEST(!opens(parsed("sha256:" + abc_hex), "sha256:" + abc_hex));
    BOOST_TEST(!opens(parsed("sha256:" + abc_hex), abc_hex));
    BOOST_TEST(!opens(parsed(abc_hex, meaning::sha256_hex), abc_hex));
    BOOST_TEST(!opens(parsed(abc_scrypt), abc_scrypt));
    for (const auto& text : {abc_hex, abc_capitals, abc_hex + " ", "0x" + abc_hex, "\\x" + abc_hex,
                             "SHA-256=" + abc_hex, "{SHA256}" + abc_hex})
        BOOST_TEST(!opens(parsed(text, meaning::mixed), text));
}

BOOST_AUTO_TEST_CASE(an_unusable_secret_matches_nothing) {
    BOOST_TEST(!stored_secret().is_usable());
    BOOST_TEST(!stored_secret().matches(core::fingerprint{}));
    BOOST_TEST(!parsed(abc_scrypt).matches(core::fingerprint{}));
}

BOOST_AUTO_TEST_CASE(a_scrypt_form_hands_its_hash_out) {
    const auto stored = parsed(abc_scrypt);
    BOOST_TEST(stored.is_scrypt());
    BOOST_REQUIRE(stored.scrypt() != nullptr);
    BOOST_TEST(stored.scrypt()->matches("abc"));
    BOOST_TEST(stored.scrypt()->text() == abc_scrypt);
    BOOST_TEST(stored.heap_bytes() >= abc_scrypt.size());
    const auto other = parsed("sha256:" + abc_hex);
    BOOST_TEST(!other.is_scrypt());
    BOOST_TEST(other.scrypt() == nullptr);
    BOOST_TEST(other.heap_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(presented_texts_have_bounds) {
    BOOST_TEST(!auth::is_device_id(""));
    BOOST_TEST(auth::is_device_id("d"));
    BOOST_TEST(auth::is_device_id(std::string(256, 'd')));
    BOOST_TEST(!auth::is_device_id(std::string(257, 'd')));
    BOOST_TEST(!auth::is_device_secret(""));
    BOOST_TEST(auth::is_device_secret("s"));
    BOOST_TEST(auth::is_device_secret(std::string(1024, 's')));
    BOOST_TEST(!auth::is_device_secret(std::string(1025, 's')));
}

BOOST_AUTO_TEST_SUITE_END()
