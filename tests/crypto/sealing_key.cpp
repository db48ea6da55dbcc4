#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/sealing_key.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <string>

using namespace latchkey;

namespace {

constexpr std::string_view hex_key =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

crypto::sealing_key key_of(std::string_view text = hex_key) {
    return crypto::sealing_key::parse(text).value();
}

std::string from_hex(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    return bytes;
}

// True if it is refused with the usual sentence, and the thread's error queue is clean for the next
// TLS read.
bool is_refused(const crypto::sealing_key& key, std::string_view sealed,
                std::string_view associated) {
    const auto opened = key.open(sealed, associated);
    return !opened && opened.error().kind == core::failure_kind::invalid &&
           opened.error().message == key.open("", "").error().message && ERR_peek_error() == 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sealing_key)

BOOST_AUTO_TEST_CASE(what_was_sealed_opens) {
    const auto key = key_of();
    for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 4096u, 1u << 20})
        for (const char* associated : {"", "row 7"})
            BOOST_TEST_CONTEXT(size << " bytes, " << associated) {
                const std::string plain(size, 'p');
                const auto sealed = key.seal(plain, associated);
                BOOST_REQUIRE(sealed.has_value());
                BOOST_TEST(sealed->size() == size + 29);
                BOOST_TEST(sealed->front() == 1);
                const auto opened = key.open(*sealed, associated);
                BOOST_REQUIRE(opened.has_value());
                BOOST_TEST((opened->reveal() == plain));
            }
}

// Test cases 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation".
BOOST_AUTO_TEST_CASE(opens_what_others_sealed) {
    const std::string zeros(64, '0');
    const std::string key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    const std::string nonce = "cafebabefacedbaddecaf888";
    const std::string plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                              "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    const std::string text = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                             "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";
    struct {
        std::string key, nonce, associated, plain, text, tag;
    } const cases[] = {
        {zeros, zeros.substr(0, 24), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
        {zeros, zeros.substr(0, 24), "", zeros.substr(0, 32), "cea7403d4d606b6e074ec5d3baf39d18",
         "d0d1c8a799996bf0265b98b5d48ab919"},
        {key, nonce, "", plain + "1aafd255", text + "898015ad", "b094dac5d93471bdec1a502270e3cc6c"},
        {key, nonce, "feedfacedeadbeeffeedfacedeadbeefabaddad2", plain, text,
         "76fc6ece0f4e1768cddf8853bb2d551b"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.tag) {
            const auto opened = key_of(c.key).open(from_hex("01" + c.nonce + c.text + c.tag),
                                                   from_hex(c.associated));
            BOOST_REQUIRE(opened.has_value());
            BOOST_TEST(crypto::to_hex(opened->reveal()) == c.plain);
        }
}

BOOST_AUTO_TEST_CASE(refuses_any_changed_byte) {
    const auto key = key_of();
    const auto sealed = key.seal("a private key", "row 7").value();
    for (std::size_t at = 0; at < sealed.size(); ++at)
        for (const int bits : {0x01, 0x80, 0xff}) {
            auto changed = sealed;
            changed[at] = static_cast<char>(changed[at] ^ bits);
            BOOST_TEST(is_refused(key, changed, "row 7"), "byte " << at);
        }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_cut_short_or_longer) {
    const auto key = key_of();
    const auto sealed = key.seal("a private key", "row 7").value();
    for (std::size_t length = 0; length < sealed.size(); ++length)
        BOOST_TEST(is_refused(key, sealed.substr(0, length), "row 7"), length << " bytes");
    BOOST_TEST(is_refused(key, sealed + '\0', "row 7"));
    BOOST_TEST(is_refused(key, std::string((1 << 20) + 30, '\x01'), ""));
}

BOOST_AUTO_TEST_CASE(refuses_another_key_or_another_place) {
    const auto key = key_of();
    const auto other = key_of(std::string(64, 'a'));
    const auto sealed = key.seal("a private key", "row 7").value();
    BOOST_TEST(is_refused(other, sealed, "row 7"));
    for (const char* associated : {"", "row 8", "row 77", "row", "Row 7"})
        BOOST_TEST(is_refused(key, sealed, associated), associated);
}

BOOST_AUTO_TEST_CASE(refuses_to_seal_without_bound) {
    const auto key = key_of();
    const std::string large((1 << 20) + 1, 'p');
    BOOST_TEST((key.seal(large, "").error().kind == core::failure_kind::invalid));
    BOOST_TEST((key.seal("", large).error().kind == core::failure_kind::invalid));
    BOOST_TEST(is_refused(key, key.seal("", "").value(), large));
}

BOOST_AUTO_TEST_CASE(no_two_seals_are_alike) {
    const auto key = key_of();
    const auto one = key.seal("a private key", "").value();
    const auto two = key.seal("a private key", "").value();
    BOOST_TEST((one.substr(1, 12) != two.substr(1, 12)));
    BOOST_TEST((one.substr(13) != two.substr(13)));
}

// The bytes need padding, and use the characters in which the two alphabets differ.
BOOST_AUTO_TEST_CASE(a_key_is_read_as_people_write_it) {
    const std::string base64 = "+/8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd+/A";
    const std::string base64url = "-_8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-_A";
    const std::string hex = "fbff02030405060708090a0b0c0d0e0f101112131415161718191a1b1c1dfbf0";
    const std::string capitals = "FBFF02030405060708090A0B0C0D0E0F101112131415161718191A1B1C1DFBF0";
    const auto sealed = key_of(base64).seal("a private key", "").value();
    for (const auto& text : {base64, base64 + '=', base64url, base64url + '=', hex, capitals,
                             base64 + "=\n", hex + "\r\n", " \t\r\n" + base64url + "\n\n"})
        BOOST_TEST_CONTEXT(text) {
            const auto key = crypto::sealing_key::parse(text);
            BOOST_REQUIRE(key.has_value());
            BOOST_TEST(key->open(sealed, "")->reveal() == "a private key");
            BOOST_TEST(key->id() == key_of(hex).id());
        }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_key_and_does_not_repeat_it) {
    const std::string base64 = "+/8CAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd+/A";
    const std::string hex(hex_key);
    struct {
        const char* name;
        std::string text;
    } const cases[] = {
        {"nothing", ""},
        {"white space", " \n"},
        {"a word", "secret"},
        {"31 bytes", base64.substr(0, 42)},
        {"33 bytes", "AA" + base64.substr(0, 42)},
        {"64 bytes in hexadecimal", hex + hex},
        {"31 bytes in hexadecimal", hex.substr(2)},
        {"half a byte less", hex.substr(1)},
        {"no hexadecimal digit", 'g' + hex.substr(1)},
        {"a sign", '-' + hex.substr(1)},
        {"too much padding", base64 + "=="},
        {"padding of padding", base64 + "=\n="},
        {"a line break within", base64.substr(0, 20) + '\n' + base64.substr(20)},
        {"both alphabets", "-_" + base64.substr(2)},
        {"bits that are left over", base64.substr(0, 42) + 'B'},
        {"quotation marks", '"' + base64 + '"'},
        {"32 bytes as they are", std::string(32, 'k')},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto key = crypto::sealing_key::parse(c.text);
            BOOST_REQUIRE(!key.has_value());
            BOOST_TEST((key.error().kind == core::failure_kind::invalid));
            BOOST_TEST(key.error().message.find("openssl rand -base64 32") != std::string::npos);
            BOOST_TEST(key.error().message == crypto::sealing_key::parse("").error().message);
        }
}

// Stored rows name their key-encryption key by its id, so the id must be the same in every version.
BOOST_AUTO_TEST_CASE(an_id_tells_keys_apart_and_stays) {
    BOOST_TEST(key_of().id() == "7b04953a34129da1");
    BOOST_TEST(key_of().id().size() == 16u);
    BOOST_TEST(key_of().id() != key_of(std::string(64, 'a')).id());
}

BOOST_AUTO_TEST_CASE(a_key_moves) {
    auto first = key_of();
    const auto sealed = first.seal("a private key", "").value();
    auto second = std::move(first);
    BOOST_TEST(second.open(sealed, "").has_value());
    second = key_of(std::string(64, 'a'));
    BOOST_TEST(!second.open(sealed, "").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
