#include <latchkey/core/cache/keyed_hash.hpp>

#include <boost/test/unit_test.hpp>

#include <set>
#include <string_view>

using namespace latchkey;

namespace {

std::uint64_t hash(core::hash_key key, std::string_view text) {
    return core::keyed_hash(key, std::as_bytes(std::span(text)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(keyed_hash)

BOOST_AUTO_TEST_CASE(every_byte_and_the_length_and_the_key_count) {
    constexpr std::string_view text = "abcdefghijklmnopqrstuvwxyz";
    std::set<std::uint64_t> seen;
    for (std::size_t n = 0; n <= text.size(); ++n)
        BOOST_TEST(seen.insert(hash({1, 2}, text.substr(0, n))).second);
    for (std::size_t n = 0; n < text.size(); ++n) {
        std::string other(text);
        other[n] ^= 1;
        BOOST_TEST(seen.insert(hash({1, 2}, other)).second);
    }
    BOOST_TEST(seen.insert(hash({1, 2}, std::string_view("\0", 1))).second);
    BOOST_TEST(seen.insert(hash({1, 3}, text)).second);
    BOOST_TEST(seen.insert(hash({2, 2}, text)).second);
    BOOST_TEST(hash({1, 2}, text) == hash({1, 2}, text));
}

// SIPHASH13 of the bytes 0, 1, 2 … under the key 0, 1, … 15.
BOOST_AUTO_TEST_CASE(published_vectors) {
    constexpr core::hash_key key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    BOOST_TEST(hash(key, "") == 0xabac0158050fc4dc);
    BOOST_TEST(hash(key, std::string_view("\0", 1)) == 0xc9f49bf37d57ca93);
}

BOOST_AUTO_TEST_SUITE_END()
