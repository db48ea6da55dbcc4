// Which statements are prepared.
#include "pg/connection/statement.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

using latchkey::pg::is_one_of;
using latchkey::pg::statement;

namespace {

constexpr const char* name = "list";
constexpr statement of_all{name, "select 1", 0};
constexpr statement of_one{name, "select $1::int4", 1};
constexpr std::array prepared = {of_all};

} // namespace

BOOST_AUTO_TEST_SUITE(statements)

// Sent as the prepared one, it would be refused: it has more parameters.
BOOST_AUTO_TEST_CASE(another_statement_of_the_same_name_is_not_prepared) {
    BOOST_TEST(is_one_of(prepared, of_all));
    BOOST_TEST(!is_one_of(prepared, of_one));
    BOOST_TEST(!is_one_of({}, of_all));
}

BOOST_AUTO_TEST_SUITE_END()
