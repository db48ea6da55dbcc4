#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/password_hash.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/err.h>

#include <string>

using namespace latchkey;
using crypto::encode_base64url;

namespace {

constexpr crypto::scrypt_cost cheap{4, 1, 1};

std::string text_of(const std::string& cost, std::size_t salt = 16, std::size_t hash = 32) {
    return "scrypt:" + cost + '$' + encode_base64url(std::string(salt, 's')) + '$' +
           encode_base64url(std::string(hash, 'h'));
}

crypto::password_hash parsed(std::string_view text) {
    return crypto::password_hash::parse(text).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(password_hash)

// The vectors of RFC 7914, section 12, except the fourth: it takes 1 GiB, and is refused below.
BOOST_AUTO_TEST_CASE(vectors_of_the_rfc) {
    struct {
        const char *password, *salt;
        crypto::scrypt_cost cost;
        std::string hash;
    } const cases[] = {
        {"",
         "",
         {4, 1, 1},
         "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
         "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
        {"password",
         "NaCl",
         {10, 8, 16},
         "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622"
         "eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
        {"pleaseletmein",
         "SodiumChloride",
         {14, 8, 1},
         "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
         "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.password) {
            const auto hash = crypto::scrypt(c.password, c.salt, c.cost, 64);
            BOOST_REQUIRE(hash.has_value());
            BOOST_TEST(crypto::to_hex(*hash) == c.hash);
        }
}

BOOST_AUTO_TEST_CASE(a_text_that_others_wrote_matches) {
    const auto hash = crypto::scrypt("pleaseletmein", "SodiumChloride", {14, 8, 1}, 64).value();
    const auto stored = parsed("scrypt:ln=14,r=8,p=1$" + encode_base64url("SodiumChloride") + '$' +
                               encode_base64url(hash));
    BOOST_TEST(stored.matches("pleaseletmein"));
    BOOST_TEST(!stored.matches("pleaseletmeim"));
    BOOST_TEST((stored.cost() == crypto::scrypt_cost{14, 8, 1}));
}

BOOST_AUTO_TEST_CASE(a_hashed_password_matches_and_no_other) {
    for (const std::string password : {"correct horse", "", "p", "\xc3\xa9\xff"})
        BOOST_TEST_CONTEXT(password) {
            const auto text = crypto::hash_password(password, cheap).value();
            const auto stored = parsed(text);
            BOOST_TEST(stored.text() == text);
            BOOST_TEST(stored.matches(password));
            for (const auto& other : {password + ' ', password + '\x01',
                                      std::string("Correct horse"), std::string(1024, 'p')})
                BOOST_TEST(!stored.matches(other));
            BOOST_TEST(ERR_peek_error() == 0u);
        }
}

// HMAC pads its key with zeros (RFC 2104), so zeros may follow the password: only somebody who
// knows it can add them.
BOOST_AUTO_TEST_CASE(zeros_at_the_end_do_not_count) {
    const auto stored = parsed(crypto::hash_password("p", cheap).value());
    BOOST_TEST(stored.matches(std::string("p\0\0", 3)));
    BOOST_TEST(!stored.matches(std::string("\0p", 2)));
}

BOOST_AUTO_TEST_CASE(the_default_cost_is_written_as_documented) {
    const auto text = crypto::hash_password("p", {}).value();
    BOOST_TEST(text.starts_with("scrypt:ln=15,r=8,p=1$"));
    BOOST_TEST(text.size() == 21u + 22 + 1 + 43); // 16 and 32 bytes in base64url
    BOOST_TEST(parsed(text).matches("p"));
}

BOOST_AUTO_TEST_CASE(equal_passwords_have_different_texts) {
    BOOST_TEST(crypto::hash_password("p", cheap).value() !=
               crypto::hash_password("p", cheap).value());
}

BOOST_AUTO_TEST_CASE(costs_have_bounds) {
    struct {
        const char* cost;
        bool accepted;
    } const cases[] = {
        {"ln=1,r=1,p=1", true},   {"ln=15,r=1,p=1", true},   {"ln=16,r=1,p=1", false},
        {"ln=15,r=16,p=1", true}, {"ln=15,r=17,p=1", false}, {"ln=16,r=8,p=16", true},
        {"ln=16,r=9,p=1", false}, {"ln=17,r=4,p=1", true},   {"ln=18,r=2,p=1", true},
        {"ln=19,r=1,p=1", false}, {"ln=20,r=8,p=1", false},  {"ln=21,r=1,p=1", false},
        {"ln=64,r=1,p=1", false}, {"ln=4,r=32,p=1", true},   {"ln=4,r=33,p=1", false},
        {"ln=4,r=1,p=16", true},  {"ln=4,r=1,p=17", false},  {"ln=4,r=1073741824,p=1", false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.cost) {
            const auto stored = crypto::password_hash::parse(text_of(c.cost));
            BOOST_TEST(stored.has_value() == c.accepted);
            if (!stored) {
                BOOST_TEST((stored.error().kind == core::failure_kind::invalid));
                BOOST_TEST(stored.error().message.find("64 MiB") != std::string::npos);
            }
        }
    for (const crypto::scrypt_cost cost : {crypto::scrypt_cost{0, 8, 1},
                                           {15, 0, 1},
                                           {15, 8, 0},
                                           {20, 8, 1},
                                           {15, 8, 17},
                                           {16, 1, 1}})
        BOOST_TEST((crypto::hash_password("p", cost).error().kind == core::failure_kind::invalid));
}

BOOST_AUTO_TEST_CASE(what_is_accepted_can_be_computed) {
    for (const char* cost :
         {"ln=1,r=1,p=1", "ln=15,r=1,p=1", "ln=1,r=32,p=16", "ln=18,r=2,p=1", "ln=14,r=32,p=1"})
        BOOST_TEST_CONTEXT(cost) {
            BOOST_TEST(!parsed(text_of(cost, 8, 64)).matches("p"));
        }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_hash_and_does_not_repeat_it) {
    const std::string good = "ln=4,r=1,p=1";
    const auto text = text_of(good);
    struct {
        const char* name;
        std::string text;
    } const cases[] = {
        {"nothing", ""},
        {"the marker alone", "scrypt:"},
        {"another marker", "sha256:" + text.substr(7)},
        {"the marker in capitals", "SCRYPT:" + text.substr(7)},
        {"the cost alone", "scrypt:" + good},
        {"no hash", "scrypt:" + good + "$c2FsdHNhbHQ"},
        {"an empty hash", "scrypt:" + good + "$c2FsdHNhbHQ$"},
        {"no salt", "scrypt:" + good + "$$" + text.substr(text.rfind('$') + 1)},
        {"a short salt", text_of(good, 7)},
        {"a long salt", text_of(good, 65)},
        {"a short hash", text_of(good, 16, 31)},
        {"a long hash", text_of(good, 16, 65)},
        {"a third part", text + "$c2FsdHNhbHQ"},
        {"padding", text + '='},
        {"a line break", text + '\n'},
        {"white space before", ' ' + text},
        {"other base64", "scrypt:" + good + "$++++++++++++$" + text.substr(text.rfind('$') + 1)},
        {"a sign", text_of("ln=+4,r=1,p=1")},
        {"a negative number", text_of("ln=-4,r=1,p=1")},
        {"a leading zero", text_of("ln=04,r=1,p=1")},
        {"zero", text_of("ln=4,r=1,p=0")},
        {"no number", text_of("ln=,r=1,p=1")},
        {"a number too large", text_of("ln=4294967300,r=1,p=1")},
        {"another order", text_of("r=1,ln=4,p=1")},
        {"a space", text_of("ln=4, r=1,p=1")},
        {"something more", text_of("ln=4,r=1,p=1,v=1")},
        {"something missing", text_of("ln=4,r=1")},
        {"a number alone", "scrypt:ln=4"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto stored = crypto::password_hash::parse(c.text);
            BOOST_REQUIRE(!stored.has_value());
            BOOST_TEST((stored.error().kind == core::failure_kind::invalid));
            BOOST_TEST(stored.error().message == crypto::password_hash::parse("").error().message);
        }
}

BOOST_AUTO_TEST_SUITE_END()
