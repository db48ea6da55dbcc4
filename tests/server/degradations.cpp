#include "server/process/degradations.hpp"

#include "server/process/health_codes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct written final : core::logger {
    std::vector<std::string> lines;
    void write(core::log_level, std::string_view message,
               std::span<const core::log_field> values) noexcept override {
        std::string line(message);
        for (const auto& f : values) {
            line += ' ' + std::string(f.name) + '=';
            if (const auto* text = std::get_if<std::string_view>(&f.value)) line += *text;
            if (const auto* number = std::get_if<std::int64_t>(&f.value))
                line += std::to_string(*number);
        }
        lines.push_back(std::move(line));
    }
};

constexpr core::real_time noon{std::chrono::hours(12)};

std::vector<api::check> clock(bool good, std::string_view code = "CLOCK_DIFFERS") {
    if (good) return {{"clock", true, ""}};
    std::vector<api::check> out = {{"clock", false, "7 s ahead", code}};
    out[0].mend = "ntp";
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(degradations)

BOOST_AUTO_TEST_CASE(each_change_has_one_line_with_its_mend) {
    written log;
    server::degradations d(log);
    d.look(clock(true), noon, true);
    BOOST_TEST(log.lines.empty());
    for (const auto at : {1s, 2s, 3s})
        d.look(clock(false), noon + at, true);
    d.look(clock(true), noon + 8s, true);
    BOOST_REQUIRE(log.lines.size() == 2u);
    BOOST_TEST(log.lines[0] == "degraded check=clock code=CLOCK_DIFFERS detail=7 s ahead mend=ntp");
    BOOST_TEST(log.lines[1] == "recovered check=clock code=CLOCK_DIFFERS seconds=7");
}

BOOST_AUTO_TEST_CASE(since_is_when_it_was_first_seen_and_another_code_begins_anew) {
    written log;
    server::degradations d(log);
    d.look(clock(false), noon, true);
    auto seen = clock(false);
    d.stamp(seen, noon + 60s);
    BOOST_TEST((seen[0].since == noon));
    seen = clock(false, "OTHER");
    d.stamp(seen, noon + 60s);
    BOOST_TEST((seen[0].since == noon + 60s));
    d.look(seen, noon + 61s, true);
    BOOST_TEST(log.lines.size() == 2u);
    seen = clock(true);
    d.stamp(seen, noon + 62s);
    BOOST_TEST(!seen[0].since);
}

// What is missing while the server starts is told if it is still missing afterwards, and nothing is
// told of what came meanwhile.
BOOST_AUTO_TEST_CASE(the_start_is_no_news) {
    written log;
    server::degradations d(log);
    d.look(clock(false), noon, false);
    BOOST_TEST(log.lines.empty());
    d.look(clock(false), noon + 5s, true);
    BOOST_TEST(log.lines.size() == 1u);
    auto seen = clock(false);
    d.stamp(seen, noon + 6s);
    BOOST_TEST((seen[0].since == noon));

    written quiet;
    server::degradations e(quiet);
    e.look(clock(false), noon, false);
    e.look(clock(true), noon + 1s, true);
    BOOST_TEST(quiet.lines.empty());
}

BOOST_AUTO_TEST_CASE(each_code_says_what_to_do) {
    for (const auto& one : server::health_codes)
        BOOST_TEST_CONTEXT(one.code)
    BOOST_TEST(!one.mend.empty());
    BOOST_TEST(server::health_code_named("NOTHING") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
