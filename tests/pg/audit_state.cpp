// What is said of the audit trail.
#include <latchkey/pg/feed/audit_state.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

using latchkey::core::real_time;
using namespace std::chrono_literals;

namespace {

const real_time at = real_time(1'800'000'000s);

latchkey::pg::audit_state failed_with(const char* sqlstate) {
    return {3, at, sqlstate, ""};
}
bool says(const std::string& text, std::string_view part) {
    return text.find(part) != text.npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(audit_state)

BOOST_AUTO_TEST_CASE(a_failed_record_is_told_for_a_day) {
    BOOST_TEST(latchkey::pg::audit_state{}.problem(at) == "");
    const auto locked = failed_with("55P03");
    BOOST_TEST(says(locked.problem(at), "2027-01-15T08:00:00Z (SQLSTATE 55P03)"));
    BOOST_TEST(says(locked.problem(at), "a session holds a lock"));
    BOOST_TEST(locked.problem(at + 24h) != "");
    BOOST_TEST(locked.problem(at + 24h + 1s) == "");
    BOOST_TEST(says(failed_with("53100").problem(at), "disk is full"));
    BOOST_TEST(says(failed_with("42P01").problem(at), "is not there"));
    BOOST_TEST(says(failed_with("XX000").problem(at), "the database's log"));
}

BOOST_AUTO_TEST_CASE(a_missing_trigger_is_told_until_it_is_back) {
    const latchkey::pg::audit_state state{0, {}, "", "latchkey_audit_insert on x is missing"};
    BOOST_TEST(says(state.problem(at), "latchkey_audit_insert on x is missing; latchkey migrate"));
}

BOOST_AUTO_TEST_SUITE_END()
