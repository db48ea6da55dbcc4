#include "http/connection_buffers.hpp"
#include "../support/no_log.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct nothing final : http::application {
    void handle(http::exchange&) override {}
};

struct worker {
    nothing app;
    test::no_log log;
    http::service service{http::configuration{}, app, "public", log, 1, core::steady_time{1h}};

    std::int64_t counted() const { return service.metrics.buffer_bytes.value(); }
    std::uint64_t refused() const { return service.metrics.buffers_refused.value(); }
};

constexpr std::size_t initial = http::receive_buffer::capacity_initial;

} // namespace

BOOST_FIXTURE_TEST_SUITE(connection_buffers, worker)

BOOST_AUTO_TEST_CASE(what_is_held_is_counted_from_the_beginning_to_the_end) {
    {
        http::connection_buffers one(service);
        const auto little = counted();
        BOOST_TEST(little >= static_cast<std::int64_t>(initial));
        BOOST_TEST(one.grow_input(10 * initial));
        BOOST_TEST(counted() == little + static_cast<std::int64_t>(9 * initial));
        BOOST_TEST(one.grow_chunked_body(5000, 100'000));
        one.out.assign(5000, 'x');
        BOOST_TEST(one.may_keep_output());
        BOOST_TEST(counted() >= little + static_cast<std::int64_t>(9 * initial + 10'000 - 50));
    }
    BOOST_TEST(counted() == 0);
}

BOOST_AUTO_TEST_CASE(what_one_connection_holds_another_cannot_have) {
    service.buffer_bytes_max = 5 * initial;
    http::connection_buffers one(service);
    http::connection_buffers two(service);
    BOOST_TEST(one.grow_input(3 * initial));
    BOOST_TEST(!two.grow_input(3 * initial));
    BOOST_TEST(!two.grow_chunked_body(2 * initial, 100'000));
    BOOST_TEST(refused() == 2u);
    // What is there already may be used.
    BOOST_TEST(two.grow_input(initial));
    BOOST_TEST(two.in.capacity() == initial);
    BOOST_TEST(refused() == 2u);
}

BOOST_AUTO_TEST_CASE(an_answer_within_one_send_needs_no_leave) {
    service.buffer_bytes_max = 0;
    http::connection_buffers one(service);
    one.out.assign(http::connection_buffers::output_bytes_max, 'x');
    BOOST_TEST(one.may_hold_answer());
    one.out += 'x';
    BOOST_TEST(!one.may_hold_answer());
    BOOST_TEST(refused() == 1u);
}

BOOST_AUTO_TEST_CASE(output_that_the_client_does_not_take_needs_leave_unless_it_is_little) {
    service.buffer_bytes_max = 0;
    http::connection_buffers one(service);
    one.out.assign(http::connection_buffers::idle_bytes_max, 'x');
    BOOST_TEST(one.may_keep_output());
    one.out += 'x';
    BOOST_TEST(!one.may_keep_output());
}

BOOST_AUTO_TEST_CASE(a_long_body_is_not_kept) {
    http::connection_buffers one(service);
    const auto little = counted();
    BOOST_TEST(one.grow_chunked_body(5000, 100'000));
    one.free_chunked_body();
    one.free_at_rest();
    BOOST_TEST(counted() == little);
}

// A client that asks for long answers one after the other gets them in the same memory. Connections
// at rest must not starve the others.
BOOST_AUTO_TEST_CASE(a_connection_at_rest_keeps_a_long_output_while_there_is_much_memory) {
    service.buffer_bytes_max = 20 * initial;
    http::connection_buffers one(service);
    const auto little = counted();
    one.out.reserve(5 * initial);
    one.free_at_rest();
    BOOST_TEST(counted() >= little + static_cast<std::int64_t>(4 * initial));
    http::connection_buffers two(service);
    BOOST_TEST(two.grow_input(8 * initial));
    const auto before = counted();
    one.free_at_rest();
    BOOST_TEST(before - counted() >= static_cast<std::int64_t>(4 * initial));
}

// A body grows by doubling, but not past what its setting allows.
BOOST_AUTO_TEST_CASE(a_body_grows_within_its_own_bound) {
    http::connection_buffers one(service);
    BOOST_TEST(one.grow_chunked_body(1000, 1500));
    one.chunked_body.assign(1000, 'x');
    BOOST_TEST(one.grow_chunked_body(100, 1500));
    BOOST_TEST(one.chunked_body.capacity() >= 1100u);
    BOOST_TEST(one.chunked_body.capacity() <= 2000u);
}

BOOST_AUTO_TEST_SUITE_END()
