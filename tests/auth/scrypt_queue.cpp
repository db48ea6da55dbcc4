#include <latchkey/auth/device/scrypt_queue.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>

using namespace latchkey;
using auth::scrypt_admission;
using namespace std::chrono_literals;

namespace latchkey::auth {
std::ostream& operator<<(std::ostream& out, scrypt_admission a) {
    constexpr std::array names = {"known",      "begun",       "shared",
                                  "queue_full", "device_full", "stopped"};
    return out << names[static_cast<std::size_t>(a)];
}
} // namespace latchkey::auth

namespace {

const core::boot_time start = core::boot_time(1000s);

struct question final : auth::scrypt_question {
    question(std::uint8_t named, std::uint8_t of_device) {
        key.fill(named);
        device.fill(of_device);
    }
    void decided() noexcept override {}
};

auth::scrypt_configuration bounds(std::size_t queue_max = 32, std::size_t device_max = 4) {
    auth::scrypt_configuration settings;
    settings.queue_max = queue_max;
    settings.device_max = device_max;
    settings.wait_max = 2000ms;
    return settings;
}

std::size_t answered_with(const auth::scrypt_question& first) {
    std::size_t count = 1;
    for (const auto* q = first.next_sharer; q; q = q->next_sharer)
        ++count;
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(scrypt_queue)

BOOST_AUTO_TEST_CASE(first_come_first_served) {
    auth::scrypt_queue queue(bounds());
    question a(1, 1), b(2, 2), c(3, 1);
    for (auto* q : {&a, &b, &c})
        BOOST_TEST(queue.add(*q, start) == scrypt_admission::begun);
    BOOST_TEST(queue.waiting() == 3u);
    for (auto* q : {&a, &b, &c})
        BOOST_TEST(queue.take(start).question == q);
    BOOST_TEST(queue.waiting() == 0u);
    BOOST_TEST(queue.take(start).question == nullptr);
}

BOOST_AUTO_TEST_CASE(equal_keys_are_one_computation_until_it_is_finished) {
    auth::scrypt_queue queue(bounds());
    question first(1, 1), waits_too(1, 1), joins_running(1, 1), comes_after(1, 1);
    BOOST_TEST(queue.add(first, start) == scrypt_admission::begun);
    BOOST_TEST(queue.add(waits_too, start) == scrypt_admission::shared);
    BOOST_TEST(queue.waiting() == 1u);
    BOOST_TEST(queue.take(start).question == &first);
    BOOST_TEST(queue.add(joins_running, start) == scrypt_admission::shared);
    queue.finish(first);
    BOOST_TEST(answered_with(first) == 3u);
    BOOST_TEST(queue.add(comes_after, start) == scrypt_admission::begun);
    BOOST_TEST(answered_with(comes_after) == 1u);
}

BOOST_AUTO_TEST_CASE(past_the_queue_all_are_refused_but_those_that_share) {
    auth::scrypt_queue queue(bounds(2));
    question a(1, 1), b(2, 2), c(3, 3), like_b(2, 2);
    BOOST_TEST(queue.add(a, start) == scrypt_admission::begun);
    BOOST_TEST(queue.add(b, start) == scrypt_admission::begun);
    BOOST_TEST(queue.add(c, start) == scrypt_admission::queue_full);
    BOOST_TEST(queue.add(like_b, start) == scrypt_admission::shared);
    BOOST_TEST(queue.take(start).question == &a); // a running one does not wait
    BOOST_TEST(queue.add(c, start) == scrypt_admission::begun);
}

// Guesses at one device leave room for others; a running computation counts, too.
BOOST_AUTO_TEST_CASE(one_device_does_not_fill_the_queue) {
    auth::scrypt_queue queue(bounds(32, 2));
    question guess(1, 1), another(2, 1), third(3, 1), of_another_device(4, 2), same(2, 1);
    BOOST_TEST(queue.add(guess, start) == scrypt_admission::begun);
    BOOST_TEST(queue.take(start).question == &guess);
    BOOST_TEST(queue.add(another, start) == scrypt_admission::begun);
    BOOST_TEST(queue.add(third, start) == scrypt_admission::device_full);
    BOOST_TEST(queue.add(same, start) == scrypt_admission::shared);
    BOOST_TEST(queue.add(of_another_device, start) == scrypt_admission::begun);
    queue.finish(guess);
    BOOST_TEST(queue.add(third, start) == scrypt_admission::begun);
}

BOOST_AUTO_TEST_CASE(a_crowded_device_is_told_so_before_a_full_queue) {
    auth::scrypt_queue queue(bounds(1, 1));
    question a(1, 1), b(2, 1), c(3, 2);
    BOOST_TEST(queue.add(a, start) == scrypt_admission::begun);
    BOOST_TEST(queue.add(b, start) == scrypt_admission::device_full);
    BOOST_TEST(queue.add(c, start) == scrypt_admission::queue_full);
}

BOOST_AUTO_TEST_CASE(who_waited_too_long_is_told_so_when_the_turn_comes) {
    auth::scrypt_queue queue(bounds());
    question early(1, 1), later(2, 2);
    queue.add(early, start);
    queue.add(later, start + 1ms);
    const auto first = queue.take(start + 2001ms);
    BOOST_TEST(first.question == &early);
    BOOST_TEST(first.late);
    const auto second = queue.take(start + 2001ms);
    BOOST_TEST(second.question == &later);
    BOOST_TEST(!second.late);
}

BOOST_AUTO_TEST_CASE(a_refused_question_may_be_asked_again_elsewhere) {
    auth::scrypt_queue queue(bounds(0));
    question q(1, 1);
    BOOST_TEST(queue.add(q, start) == scrypt_admission::queue_full);
    BOOST_TEST(queue.take(start).question == nullptr);
    auth::scrypt_queue other(bounds());
    BOOST_TEST(other.add(q, start) == scrypt_admission::begun);
}

BOOST_AUTO_TEST_CASE(closing_hands_out_what_waits_and_refuses_the_rest) {
    auth::scrypt_queue queue(bounds());
    question running(1, 1), waiting(2, 2), shares(2, 2), late(3, 3), shares_running(1, 1);
    queue.add(running, start);
    queue.take(start);
    queue.add(waiting, start);
    queue.add(shares, start);
    const auto left = queue.close();
    BOOST_REQUIRE(left.size() == 1u);
    BOOST_TEST(left.front() == &waiting);
    BOOST_TEST(answered_with(waiting) == 2u);
    BOOST_TEST(queue.add(late, start) == scrypt_admission::stopped);
    BOOST_TEST(queue.add(shares_running, start) == scrypt_admission::stopped);
    BOOST_TEST(queue.take(start).question == nullptr);
    queue.finish(running);
    BOOST_TEST(queue.close().empty());
}

BOOST_AUTO_TEST_CASE(what_is_admitted_is_answered) {
    for (const auto a :
         {scrypt_admission::known, scrypt_admission::begun, scrypt_admission::shared})
        BOOST_TEST(auth::admitted(a), a);
    for (const auto a :
         {scrypt_admission::queue_full, scrypt_admission::device_full, scrypt_admission::stopped})
        BOOST_TEST(!auth::admitted(a), a);
}

BOOST_AUTO_TEST_CASE(threads_are_one_for_two_cores) {
    const auto threads = [](std::size_t configured, std::size_t cores) {
        auth::scrypt_configuration settings;
        settings.threads = configured;
        return auth::scrypt_threads(settings, cores);
    };
    BOOST_TEST(threads(0, 0) == 1u);
    BOOST_TEST(threads(0, 1) == 1u);
    BOOST_TEST(threads(0, 2) == 1u);
    BOOST_TEST(threads(0, 3) == 1u);
    BOOST_TEST(threads(0, 64) == 32u);
    BOOST_TEST(threads(3, 1) == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
