#define BOOST_TEST_MODULE latchkey
#include <boost/test/included/unit_test.hpp>
