// How long the body of a request to the public listener may be: the route says it.
#include "support_batch.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>

using namespace latchkey;
using http::method;

BOOST_FIXTURE_TEST_SUITE(body_bounds, test::batch_worker)

BOOST_AUTO_TEST_CASE(only_a_batch_may_be_long) {
    const struct {
        method m;
        std::string_view path;
        std::string_view setting;
    } cases[] = {
        {method::post, "/api/v1/auth/verify-batch", "server.batch_bytes_max"},
        {method::put, "/api/v1/auth/verify-batch", "server.body_bytes_max"},
        {method::post, "/api/v1/auth/verify-batch/", "server.body_bytes_max"},
        {method::post, "/api/v1/auth/verify-api-key", "server.body_bytes_max"},
        {method::post, "/api/v1/auth/verify-token", "server.body_bytes_max"},
        {method::get, "/", "server.body_bytes_max"},
        {method::post, "/nowhere", "server.body_bytes_max"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(http::name_of(c.m) << ' ' << c.path) {
            http::request request;
            request.method = c.m;
            request.path = c.path;
            BOOST_TEST(api.bound_of(request).setting == c.setting);
        }
    }
    const http::configuration defaults;
    http::request batch;
    batch.method = method::post;
    batch.path = "/api/v1/auth/verify-batch";
    BOOST_TEST((defaults.*api.bound_of(batch).bytes_max == 1u << 20));
    batch.path = "/";
    BOOST_TEST((defaults.*api.bound_of(batch).bytes_max == 65536u));
}

BOOST_AUTO_TEST_SUITE_END()
