#include "pg/connection/wire.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace latchkey::pg;
using latchkey::core::fingerprint;
using latchkey::core::real_time;
using latchkey::core::seconds;

namespace {

using bytes = std::string;

bytes int4(std::int64_t n) {
    bytes out;
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(n >> shift);
    return out;
}
bytes int8(std::int64_t n) {
    return int4(n >> 32) + int4(n);
}
bytes element(const std::string& text) {
    return int4(static_cast<std::int64_t>(text.size())) + text;
}
// The type's number (25 is text), no NULLs, one dimension from 1.
bytes array_of(std::int64_t count, const bytes& elements) {
    return int4(1) + int4(0) + int4(25) + int4(count) + int4(1) + elements;
}
bytes timestamp(std::int64_t microseconds_since_2000) {
    return int8(microseconds_since_2000);
}

} // namespace

BOOST_AUTO_TEST_SUITE(wire)

BOOST_AUTO_TEST_CASE(writes_an_array_of_hashes) {
    fingerprint f{};
    f[0] = 0xab;
    f[31] = 0x01;
    bytes out;
    append_bytea_array_header(out, 2);
    append_element(out, f);
    append_element(out, f);

    const bytes one = int4(32) + bytes(reinterpret_cast<const char*>(f.data()), f.size());
    BOOST_TEST(out == int4(1) + int4(0) + int4(17) + int4(2) + int4(1) + one + one);
}

BOOST_AUTO_TEST_CASE(reads_text_arrays) {
    using texts = std::vector<std::string>;
    BOOST_TEST((decode_text_array(int4(0) + int4(0) + int4(25)) == texts{}));
    BOOST_TEST((decode_text_array(array_of(0, "")) == texts{}));
    BOOST_TEST((decode_text_array(array_of(2, element("a") + element(""))) == texts{"a", ""}));
    BOOST_TEST((decode_text_array(array_of(1, element({"\0ü", 3}))) == texts{{"\0ü", 3}}));
}

BOOST_AUTO_TEST_CASE(refuses_malformed_text_arrays) {
    const bytes one = element("abc");
    const bytes cases[] = {
        "",
        int4(0),
        int4(0) + int4(0),
        int4(0) + int4(0) + int4(25) + "x",
        int4(1) + int4(0) + int4(25),
        int4(1) + int4(0) + int4(25) + int4(1),
        int4(2) + int4(0) + int4(25) + int4(1) + int4(1) + int4(1) + int4(1) + one,
        int4(-1) + int4(0) + int4(25) + int4(1) + int4(1) + one,
        array_of(-1, ""),
        array_of(2, one),
        array_of(1, one + one),
        array_of(1, one + "x"),
        array_of(1, int4(-1)), // NULL
        array_of(1, int4(-2)),
        array_of(1, int4(4) + "abc"),
        array_of(1, int4(std::numeric_limits<std::int32_t>::max()) + "abc"),
        array_of(std::numeric_limits<std::int32_t>::max(), one),
    };
    for (std::size_t i = 0; i < std::size(cases); ++i)
        BOOST_TEST_CONTEXT("case " << i) {
            BOOST_TEST(!decode_text_array(cases[i]));
        }
}

BOOST_AUTO_TEST_CASE(refuses_every_beginning_of_an_array) {
    const bytes whole = array_of(2, element("read") + element("write"));
    for (std::size_t length = 0; length < whole.size(); ++length)
        BOOST_TEST_CONTEXT(length << " bytes") {
            BOOST_TEST(!decode_text_array(std::string_view(whole).substr(0, length)));
        }
    BOOST_TEST(decode_text_array(whole).has_value());
}

BOOST_AUTO_TEST_CASE(scalars_have_their_size_or_are_refused) {
    BOOST_TEST((decode_bool({"\1", 1}) == true));
    BOOST_TEST((decode_bool({"\0", 1}) == false));
    BOOST_TEST(!decode_bool({"\2", 1}));
    BOOST_TEST(!decode_bool({"\xff", 1}));
    BOOST_TEST(!decode_bool(""));
    BOOST_TEST(!decode_bool({"\1\1", 2}));

    BOOST_TEST((decode_int4(int4(-7)) == -7));
    BOOST_TEST((decode_int4(int4(0x7fffffff)) == 0x7fffffff));
    BOOST_TEST(!decode_int4(""));
    BOOST_TEST(!decode_int4("123"));
    BOOST_TEST(!decode_int4("12345"));

    BOOST_TEST((decode_int8(int4(0) + int4(-1)) == 0xffffffff));
    BOOST_TEST((decode_int8(int4(-1) + int4(-7)) == -7));
    BOOST_TEST(!decode_int8(""));
    BOOST_TEST(!decode_int8("1234567"));
    BOOST_TEST(!decode_int8("123456789"));

    BOOST_TEST(decode_fingerprint(bytes(32, '\xff')).value()[31] == 0xff);
    BOOST_TEST(!decode_fingerprint(bytes(31, 'x')));
    BOOST_TEST(!decode_fingerprint(bytes(33, 'x')));
    BOOST_TEST(!decode_fingerprint(""));
}

BOOST_AUTO_TEST_CASE(reads_timestamps_and_holds_them_within_range) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    BOOST_TEST((decode_timestamptz(timestamp(0)) == real_time(seconds(946'684'800))));
    BOOST_TEST((decode_timestamptz(timestamp(-946'684'800'000'000)) == real_time(seconds(0))));
    BOOST_TEST((decode_timestamptz(timestamp(1'500'000)) ==
                real_time(seconds(946'684'801) + latchkey::core::milliseconds(500))));
    BOOST_TEST((decode_timestamptz(timestamp(most)) == real_time::max()));     // infinity
    BOOST_TEST((decode_timestamptz(timestamp(most - 1)) == real_time::max())); // far future
    BOOST_TEST((decode_timestamptz(timestamp(least)) == real_time::min()));    // -infinity
    BOOST_TEST((decode_timestamptz(timestamp(least + 1)) == real_time::min()));
    BOOST_TEST(!decode_timestamptz(""));
    BOOST_TEST(!decode_timestamptz(bytes(7, '\0')));
    BOOST_TEST(!decode_timestamptz(bytes(9, '\0')));

    // Over the whole range: no overflow turns a late date into an early one.
    auto last = real_time::min();
    for (int i = -64; i <= 64; ++i) {
        const auto at = decode_timestamptz(timestamp(most / 64 * i)).value();
        BOOST_TEST((at >= last));
        last = at;
    }
}

BOOST_AUTO_TEST_CASE(writes_array_literals) {
    BOOST_TEST(text_array_literal({}) == "{}");
    BOOST_TEST(text_array_literal({"a"}) == R"({"a"})");
    BOOST_TEST(text_array_literal({"a", "b,c", "NULL", ""}) == R"({"a","b,c","NULL",""})");
}

BOOST_AUTO_TEST_SUITE_END()
