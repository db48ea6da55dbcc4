// Cursors of the audit trail.
#include "pg/writes/audit_cursor.hpp"

#include <latchkey/crypto/base64url.hpp>

#include <boost/test/unit_test.hpp>

using cursor = latchkey::pg::audit_cursor;
using latchkey::pg::bounded_snapshot;
using latchkey::pg::cursor_after_series;

namespace {

std::string encoded(std::string_view text) {
    return latchkey::crypto::encode_base64url(text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(audit_cursor)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
    const cursor cursors[] = {
        {},
        {cursor::place{"2027-01-01T00:00:00.000001Z", "17"}, "", ""},
        {cursor::place{"2027-01-01T00:00:00Z", "17"}, "10:20:10,15", ""},
        {cursor::place{"15", "17"}, "10:20:10,15", "5:5:"},
        {std::nullopt, "", "10:20:10,15"},
    };
    for (const auto& c : cursors) {
        const auto read = cursor::read(c.text());
        BOOST_REQUIRE(read);
        BOOST_TEST(read->text() == c.text());
        BOOST_TEST(read->seen == c.seen);
        BOOST_TEST(read->after.has_value() == c.after.has_value());
    }
}

BOOST_AUTO_TEST_CASE(what_no_page_gave_is_refused) {
    for (const std::string bad :
         {"", "a", "   ", "2027-01-01T00:00:00Z   ", " 7  ", "now 7  ", "2027-01-01T00:00:00Z 7x  ",
          "2027-01-01T00:00:00Z 1234567890123456789  ", "   5:5", "   5:5:;", "  x ", "   5:5: ",
          // A place in time goes with no series behind another, nor a transaction with a first one.
          "2027-01-01T00:00:00Z 7  5:5:", "15 7  "})
        BOOST_TEST((bad == "   ") == cursor::read(encoded(bad)).has_value(), bad);
    BOOST_TEST(!cursor::read("*"));
}

BOOST_AUTO_TEST_CASE(the_end_is_found_though_others_go_on) {
    const cursor asked{std::nullopt, "", "10:20:"};
    BOOST_TEST(cursor_after_series(asked, "11:21:", false).seen == "10:20:");
    BOOST_TEST(cursor_after_series(asked, "11:21:", true).seen == "11:21:");
    BOOST_TEST(cursor_after_series(asked, "1500:1600:", false).seen == "1500:1600:");
    BOOST_TEST(cursor_after_series({}, "11:21:", false).seen == "11:21:");
    // A page behind others: the series had events.
    const cursor further{cursor::place{"10", "1"}, "11:21:", "10:20:"};
    BOOST_TEST(cursor_after_series(further, "11:21:", false).seen == "11:21:");
}

BOOST_AUTO_TEST_CASE(a_long_snapshot_becomes_one_that_has_seen_less) {
    std::string many = "100:90000:100";
    for (int n = 101; many.size() < 5000; ++n)
        many += ',' + std::to_string(n);
    BOOST_TEST(bounded_snapshot(many) == "100:100:");
    BOOST_TEST(bounded_snapshot("10:20:10,15") == "10:20:10,15");
}

BOOST_AUTO_TEST_SUITE_END()
