#include <latchkey/core/trace/trace_context.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(trace_context)

constexpr std::string_view example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

BOOST_AUTO_TEST_CASE(the_standards_example) {
    const auto read = core::trace_context::parse(example);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->trace_high == 0x4bf92f3577b34da6u);
    BOOST_TEST(read->trace_low == 0xa3ce929d0e0e4736u);
    BOOST_TEST(read->span == 0x00f067aa0ba902b7u);
    BOOST_TEST(read->sampled);
    BOOST_TEST(read->text() == example);
    BOOST_TEST(read->trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
}

// Each of its bytes is replaced by every byte there is.
BOOST_AUTO_TEST_CASE(every_byte_is_looked_at) {
    int wrong = 0;
    for (std::size_t i = 0; i < example.size(); ++i)
        for (int byte = 0; byte < 256; ++byte) {
            std::string text(example);
            text[i] = static_cast<char>(byte);
            const bool is_dash = i == 2 || i == 35 || i == 52;
            const bool is_hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
            const auto read = core::trace_context::parse(text);
            if (read.has_value() != (is_dash ? byte == '-' : is_hex)) ++wrong;
            if (read && i > 2 && i < 52 && read->text() != text) ++wrong;
        }
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(what_counts_and_what_does_not) {
    const auto with = [](std::string text, std::size_t at, std::string_view what) {
        return text.replace(at, what.size(), what);
    };
    const std::string good(example);
    struct {
        const char* name;
        std::string text;
        bool counts;
    } const cases[] = {
        {"nothing", "", false},
        {"one byte less", good.substr(0, 54), false},
        {"one byte more", good + "0", false},
        {"more after a dash, in version 00", good + "-x", false},
        {"a later version", with(good, 0, "01"), true},
        {"a later version with more", with(good, 0, "cc") + "-what-comes", true},
        {"a later version with more, and no dash", with(good, 0, "cc") + "what", false},
        {"the version that never is", with(good, 0, "ff"), false},
        {"no trace", with(good, 3, "00000000000000000000000000000000"), false},
        {"no span", with(good, 36, "0000000000000000"), false},
        {"capitals", with(good, 3, "4BF92F35"), false},
        {"other flags", with(good, 53, "fe"), true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            BOOST_TEST(core::trace_context::parse(c.text).has_value() == c.counts);
        }
    BOOST_TEST(!core::trace_context::parse(with(good, 53, "fe"))->sampled);
}

BOOST_AUTO_TEST_SUITE_END()
