#include "server/process/own_signing_key_news.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct question final : auth::jwks_inquiry {
    explicit question(core::mailbox& box) { answer_box = &box; }
    void decided() noexcept override { answered = true; }
    bool answered = false;
};

// Inquiries at times that a test names, counted from the same zero as the feed's freshness.
struct story {
    static core::boot_time at(core::nanoseconds t) { return core::boot_time(1h + t); }

    question& ask(core::nanoseconds now) {
        all.push_back(std::make_unique<question>(box));
        news.asked(*all.back(), at(now));
        return *all.back();
    }
    void tick(core::nanoseconds freshness, core::nanoseconds now) {
        news.tick(at(freshness), at(now));
        deliver();
    }
    void deliver() {
        while (box.receive()) {
        }
    }

    core::mailbox box{[] {}};
    server::own_signing_key_news news{"ours", 10s};
    std::vector<std::unique_ptr<question>> all;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(own_signing_key_news, story)

BOOST_AUTO_TEST_CASE(they_wait_for_a_poll_that_began_after_they_asked) {
    BOOST_TEST(news.concerns("ours"));
    BOOST_TEST(!news.concerns("theirs"));
    const auto& first = ask(0s);
    BOOST_TEST(news.state()->read().under_way);
    tick(-500ms, 100ms);
    const auto& second = ask(200ms);
    BOOST_TEST(!first.answered);
    tick(300ms, 400ms);
    BOOST_TEST(first.answered);
    BOOST_TEST(second.answered);
    const auto state = news.state()->read();
    BOOST_TEST(state.answered);
    BOOST_TEST(!state.under_way);
    BOOST_TEST((state.not_before == at(10s + 400ms)));
}

// A poll that began before an inquiry cannot bring a key that was made shortly before the inquiry.
BOOST_AUTO_TEST_CASE(who_joins_waits_for_news_of_his_own_time) {
    const auto& forged = ask(0s);
    const auto& joined = ask(160ms);
    tick(100ms, 165ms);
    BOOST_TEST(forged.answered);
    BOOST_TEST(!joined.answered);
    // The cooldown holds for inquiries that come now.
    const auto& late = ask(170ms);
    deliver();
    BOOST_TEST(late.answered);
    BOOST_TEST(!joined.answered);
    tick(160ms, 1s);
    BOOST_TEST(joined.answered);
}

// Forged tokens make others wait only once in ten seconds.
BOOST_AUTO_TEST_CASE(until_it_has_cooled_down_nobody_waits) {
    ask(0s);
    tick(100ms, 200ms);
    const auto& soon = ask(5s);
    deliver();
    BOOST_TEST(soon.answered);
    const auto& later = ask(10s + 200ms);
    deliver();
    BOOST_TEST(!later.answered);
    tick(11s, 11s);
    BOOST_TEST(later.answered);
}

BOOST_AUTO_TEST_CASE(news_that_do_not_come_are_not_waited_for_for_ever) {
    const auto& one = ask(0s);
    tick(-1s, 2999ms);
    BOOST_TEST(!one.answered);
    tick(-1s, 3s);
    BOOST_TEST(one.answered);
    const auto state = news.state()->read();
    BOOST_TEST(!state.answered);
    BOOST_TEST((state.not_before == at(4s)));
    tick(4s, 4s); // nobody waits, so nothing is sent
    BOOST_TEST(!news.state()->read().answered);
}

BOOST_AUTO_TEST_SUITE_END()
