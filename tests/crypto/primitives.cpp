#include <latchkey/crypto/base62.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/random.hpp>
#include <latchkey/crypto/secret.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <concepts>
#include <ostream>
#include <set>

using namespace latchkey;

namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& value) {
    out << value;
};
static_assert(!printable<crypto::secret>);
static_assert(!std::convertible_to<crypto::secret, std::string>);
static_assert(!std::convertible_to<crypto::secret, std::string_view>);

} // namespace

BOOST_AUTO_TEST_SUITE(primitives)

// NIST's examples for FIPS 180-4 (public domain), with one context for all.
BOOST_AUTO_TEST_CASE(sha256) {
    const auto hex = [](std::string_view text) { return crypto::to_hex(crypto::sha256(text)); };
    BOOST_TEST(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    BOOST_TEST(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    BOOST_TEST(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    BOOST_TEST(hex(std::string(1'000'000, 'a')) ==
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(random_texts_use_the_whole_alphabet_and_differ) {
    const auto text = crypto::random_base62(10'000);
    BOOST_REQUIRE(text.has_value());
    BOOST_TEST(text->size() == 10'000u);
    BOOST_TEST(std::ranges::all_of(*text, crypto::is_base62));
    BOOST_TEST(std::set<char>(text->begin(), text->end()).size() == 62u);
    BOOST_TEST(*crypto::random_base62(31) != *crypto::random_base62(31));
    BOOST_TEST(crypto::random_base62(0)->empty());
}

BOOST_AUTO_TEST_CASE(secrets_move_without_a_trace) {
    crypto::secret first(std::string("short"));
    const auto* place = first.reveal().data();
    crypto::secret second(std::move(first));
    BOOST_TEST(second.reveal() == "short");
    BOOST_TEST(first.empty()); // NOLINT(bugprone-use-after-move): the test is about it
    BOOST_TEST(std::string_view(place, 5) != "short");
    crypto::secret third;
    third = second;
    third = std::move(second);
    BOOST_TEST(third.reveal() == "short");
}

BOOST_AUTO_TEST_CASE(secrets_are_compared_whole) {
    BOOST_TEST(crypto::equal_secrets("abc", "abc"));
    BOOST_TEST(crypto::equal_secrets("", ""));
    for (const char* other : {"abd", "Abc", "ab", "abcd", ""})
        BOOST_TEST(!crypto::equal_secrets("abc", other));
}

BOOST_AUTO_TEST_SUITE_END()
