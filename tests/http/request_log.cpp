#include <latchkey/http/request_log.hpp>

#include "http/request_line_of_log.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(request_log)

BOOST_AUTO_TEST_CASE(one_in_so_many_is_a_sample) {
    const struct {
        std::size_t one_in;
        int sampled; // of 100
    } cases[] = {{0, 0}, {1, 100}, {10, 10}, {100, 1}, {1000, 0}};
    for (const auto& c : cases) {
        http::request_log log;
        log.configure({.one_in = c.one_in});
        int sampled = 0;
        for (int i = 0; i < 100; ++i)
            sampled += log.samples() ? 1 : 0;
        BOOST_TEST_CONTEXT("one in " << c.one_in)
        BOOST_TEST(sampled == c.sampled);
    }
}

BOOST_AUTO_TEST_CASE(a_flood_has_so_many_lines_in_a_second_and_the_rest_is_counted) {
    http::request_log log;
    log.configure({.lines_max = 3});
    int written = 0;
    for (int i = 0; i < 10; ++i)
        written += log.admits(false) ? 1 : 0;
    BOOST_TEST(written == 3);
    BOOST_TEST(log.left_out() == 7u);
    BOOST_TEST(log.admits(true)); // errors have room of their own
    log.next_second();
    BOOST_TEST(log.admits(false));
}

BOOST_AUTO_TEST_CASE(a_log_that_begins_higher_has_errors_alone_or_none) {
    http::request_log log;
    log.configure({.one_in = 1, .begins = core::log_level::warning});
    BOOST_TEST(!log.samples());
    BOOST_TEST(!log.admits(false));
    BOOST_TEST(log.admits(true));
    BOOST_TEST(!log.room_for_items(false).take());
    BOOST_TEST(log.room_for_items(true).take());
    log.configure({.one_in = 1, .begins = core::log_level::error});
    BOOST_TEST(!log.admits(true));
    BOOST_TEST(!log.room_for_items(true).take());
    BOOST_TEST(log.left_out() == 0u);
}

// A credential may stand in a path, by mistake. Ids may.
BOOST_AUTO_TEST_CASE(a_path_shows_no_credential) {
    const std::string uuid = "5e6ce7c3-4a38-4a5e-9d9c-1fb3a6ba2a7b";
    const std::string key = "lk_live_" + std::string(36, 'a');
    const std::pair<std::string, std::string> cases[] = {
        {"/", "/"},
        {"*", "*"},
        {"/api/v1/auth/verify-api-key", "/api/v1/auth/verify-api-key"},
        {"/admin/v1/devices/" + uuid, "/admin/v1/devices/" + uuid},
        {"/admin/v1/devices/" + key + "/x", "/admin/v1/devices/*/x"},
        {"/" + key, "/*"},
        {key, "*"},
    };
    for (const auto& [path, shown] : cases)
        BOOST_TEST(http::loggable_path(path) == shown);
    BOOST_TEST(http::loggable_path(std::string(5000, '/')).size() <= 300u);
}

BOOST_AUTO_TEST_SUITE_END()
