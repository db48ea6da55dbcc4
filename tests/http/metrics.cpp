#include <latchkey/http/metrics.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <string_view>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(metrics)

// A caller that is refused is no failure of the server: an alert counts what has 500.
BOOST_AUTO_TEST_CASE(every_status_is_counted_as_itself) {
    constexpr std::array<std::string_view, 1> names = {"/there"};
    for (const int status : {200, 201, 204, 304, 400, 401, 403, 404, 405, 408, 409, 411,
                             412, 413, 414, 415, 417, 422, 429, 431, 500, 501, 503, 505})
        BOOST_TEST_CONTEXT(status) {
            http::metrics cells;
            cells.observe(http::method::get, 0, status, 0.001);
            core::metric_sink sink;
            cells.collect(sink, names, {});
            BOOST_TEST(sink.prometheus().find("status=\"" + std::to_string(status) + "\"} 1\n") !=
                       std::string::npos);
        }
}

BOOST_AUTO_TEST_SUITE_END()
