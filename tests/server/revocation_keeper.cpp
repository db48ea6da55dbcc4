#include "server/process/revocation_keeper.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

core::real_time at(std::int64_t seconds) {
    return core::real_time(core::seconds(seconds));
}
core::steady_time turn(std::int64_t seconds) {
    return core::steady_time(core::seconds(1'000'000 + seconds));
}

struct kept_log final : core::logger {
    void write(core::log_level, std::string_view message,
               std::span<const core::log_field>) noexcept override {
        lines.emplace_back(message.substr(0, 20));
    }
    std::vector<std::string> lines;
};

struct keeper {
    void revoke(const std::string& token, std::int64_t expires) {
        set.apply({{auth::revocation_kind::token, "i", token, {}, at(expires), at(0)}, false});
    }
    void overfill(std::int64_t expires) {
        for (int i = 0; i < 40; ++i)
            revoke(std::to_string(i), expires);
        BOOST_REQUIRE(!set.whole());
    }

    core::epochs readers{1};
    auth::revocation_set set{readers, 7, 16, 3600s};
    kept_log log;
    server::revocation_keeper revocations{set, log};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(revocation_keeper, keeper)

BOOST_AUTO_TEST_CASE(what_has_expired_is_freed_each_minute) {
    revocations.tick(turn(0), at(1000));
    revoke("t", 1010);
    revocations.tick(turn(59), at(2000));
    BOOST_TEST(set.entries.value() == 1);
    revocations.tick(turn(60), at(2000));
    BOOST_TEST(set.entries.value() == 0);
    BOOST_TEST(!revocations.needs_all());
}

BOOST_AUTO_TEST_CASE(after_a_clock_that_was_ahead_all_are_needed_once) {
    revoke("t", 1010);
    revocations.tick(turn(0), at(5000)); // ahead: forgets it
    revocations.tick(turn(1), at(1000));
    BOOST_TEST(revocations.needs_all());
    set.forget(); // the feed reads everything again
    revocations.all_are_asked_for();
    revocations.tick(turn(2), at(1001));
    BOOST_TEST(!revocations.needs_all());
}

BOOST_AUTO_TEST_CASE(longer_lives_need_what_was_forgotten) {
    const auto longer = auth::token_lives::of_all(7200s);
    revocations.set_token_lives(longer);
    BOOST_TEST(!revocations.needs_all()); // nothing was forgotten yet
    revoke("t", 1010);
    revocations.tick(turn(0), at(5000));
    revocations.set_token_lives(longer);
    BOOST_TEST(!revocations.needs_all()); // no longer than before
    revocations.set_token_lives(auth::token_lives::of_all(9000s));
    BOOST_TEST(revocations.needs_all());
}

BOOST_AUTO_TEST_CASE(a_set_with_room_again_is_read_again) {
    revocations.tick(turn(0), at(1000));
    overfill(2000);
    revocations.tick(turn(60), at(1001));
    BOOST_TEST(!revocations.needs_all()); // there is no room yet
    revocations.tick(turn(120), at(3000));
    BOOST_TEST(revocations.needs_all());
}

BOOST_AUTO_TEST_CASE(each_change_of_wholeness_is_logged_once) {
    overfill(2000);
    revocations.tick(turn(0), at(1000));
    revocations.tick(turn(1), at(1001));
    BOOST_TEST(log.lines == std::vector<std::string>{"there are more revoc"},
               boost::test_tools::per_element());
    set.forget();
    revocations.tick(turn(2), at(1002));
    revocations.tick(turn(3), at(1003));
    BOOST_TEST(log.lines ==
                   (std::vector<std::string>{"there are more revoc", "all revocations of t"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
