#include "server/settings/units.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(reads_durations) {
    struct {
        std::string_view text;
        std::int64_t milliseconds; ///< -1: refused
        std::string_view says;
    } const cases[] = {
        {"150ms", 150, ""},
        {"300s", 300'000, ""},
        {"5m", 300'000, ""},
        {"1h", 3'600'000, ""},
        {"90d", 7'776'000'000, ""},
        {"0s", 0, ""},
        {"007s", 7000, ""},
        {"9223372036854775807ms", 9223372036854775807, ""},
        {"9223372036854775808ms", -1, "is too large"},
        {"9223372036854775807s", -1, "is too large"},
        {"99999999999999999999d", -1, "is too large"},
        {"", -1, "is empty"},
        {"300", -1, "has no unit (ms, s, m, h or d)"},
        {"5min", -1, "has an unknown unit (the units are ms, s, m, h and d)"},
        {"5S", -1, "has an unknown unit"},
        {"1h30m", -1, "has an unknown unit"},
        {"1.5s", -1, "has an unknown unit"},
        {"5 s", -1, "has an unknown unit"},
        {" 5s", -1, "is no duration"},
        {"-5s", -1, "is no duration"},
        {"+5s", -1, "is no duration"},
        {"soon", -1, "is no duration"},
        {"0x10s", -1, "has an unknown unit"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT("\"" << c.text << '"') {
            const auto read = server::parse_duration(c.text);
            BOOST_REQUIRE(read.has_value() == (c.milliseconds >= 0));
            if (read) BOOST_TEST(read->count() == c.milliseconds);
            if (!read) BOOST_TEST(read.error().message.starts_with(c.says));
        }
}

BOOST_AUTO_TEST_CASE(reads_sizes) {
    struct {
        std::string_view text;
        std::int64_t bytes; ///< -1: refused
        std::string_view says;
    } const cases[] = {
        {"64KiB", 65536, ""},
        {"512MiB", 536'870'912, ""},
        {"2GiB", 2'147'483'648, ""},
        {"1000B", 1000, ""},
        {"1000", 1000, ""},
        {"8589934591GiB", 9223372035781033984, ""},
        {"8589934592GiB", -1, "is too large"},
        {"", -1, "is empty"},
        {"64KB", -1, "has an unknown unit (the units are B, KiB, MiB and GiB)"},
        {"64kib", -1, "has an unknown unit"},
        {"64K", -1, "has an unknown unit"},
        {"much", -1, "is no size"},
        {"-1", -1, "is no size"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT("\"" << c.text << '"') {
            const auto read = server::parse_bytes(c.text);
            BOOST_REQUIRE(read.has_value() == (c.bytes >= 0));
            if (read) BOOST_TEST(*read == c.bytes);
            if (!read) BOOST_TEST(read.error().message.starts_with(c.says));
        }
}

BOOST_AUTO_TEST_CASE(reads_counts) {
    BOOST_TEST(*server::parse_count("0") == 0);
    BOOST_TEST(*server::parse_count("20") == 20);
    for (const auto* text :
         {"", "-1", "+1", "1.0", "1e3", "1_000", "twenty", "20 ", "99999999999999999999"})
        BOOST_TEST_CONTEXT('"' << text << '"') BOOST_TEST(!server::parse_count(text).has_value());
}

BOOST_AUTO_TEST_CASE(writes_what_it_reads) {
    struct {
        std::int64_t milliseconds;
        std::string_view text;
    } const durations[] = {{0, "0s"},         {1, "1ms"},        {150, "150ms"},
                           {1000, "1s"},      {1500, "1500ms"},  {75'000, "75s"},
                           {300'000, "5m"},   {3'600'000, "1h"}, {5'400'000, "90m"},
                           {86'400'000, "1d"}};
    for (const auto& c : durations) {
        BOOST_TEST(server::format_duration(core::milliseconds(c.milliseconds)) == c.text);
        BOOST_TEST(server::parse_duration(c.text)->count() == c.milliseconds);
    }
    struct {
        std::int64_t bytes;
        std::string_view text;
    } const sizes[] = {{0, "0B"}, {1000, "1000B"}, {65536, "64KiB"}, {1 << 30, "1GiB"}};
    for (const auto& c : sizes) {
        BOOST_TEST(server::format_bytes(c.bytes) == c.text);
        BOOST_TEST(*server::parse_bytes(c.text) == c.bytes);
    }
}

BOOST_AUTO_TEST_SUITE_END()
