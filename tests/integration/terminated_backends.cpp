// Backends are ended while batches are under way in their pipelines: every question gets exactly
// one answer in time, and it is its own. LATCHKEY_R9_LOOKUPS raises the number of questions.
#include "running_store.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr std::size_t keys_known = 5'000; // the questions name as many unknown keys
constexpr std::size_t at_once = 1'000;
constexpr std::size_t questions_between_terminations = 2'000;

std::size_t questions_wanted() {
    const char* text = std::getenv("LATCHKEY_R9_LOOKUPS");
    return text ? std::strtoull(text, nullptr, 10) : 100'000;
}

struct tally {
    std::size_t found = 0;
    std::size_t absent = 0;
    std::size_t unavailable = 0;
    std::size_t wrong = 0;
    std::size_t late = 0;
    std::map<std::string, std::size_t> reasons; ///< of those that were unavailable

    std::size_t answered() const { return found + absent + unavailable; }
};

// Asks its next question from within the answer to the last.
class asker final : public auth::api_key_lookup {
  public:
    asker(running_store& where, tally& t, std::size_t& left, std::size_t first)
        : where_(where), tally_(t), left_(left), number_(first) {}

    void ask_next() {
        if (left_ == 0) return;
        --left_;
        number_ = number_ * 2'862'933'555'777'941'757ULL + 3'037'000'493ULL;
        asked_ = 1 + (number_ >> 33) % (2 * keys_known);
        key = key_number(asked_);
        record.reset();
        sent_at_ = std::chrono::steady_clock::now();
        where_.store.find_api_key(*this);
    }

    void complete() noexcept override {
        note();
        ask_next();
    }

  private:
    void note() {
        // The deadline, and as much again for delays of the machine.
        const auto& settings = where_.settings;
        const auto deadline = 2 * (settings.query_timeout + settings.acquire_timeout);
        if (std::chrono::steady_clock::now() - sent_at_ > deadline) ++tally_.late;
        const bool known = asked_ <= keys_known;
        switch (status) {
        case auth::lookup_status::found:
            ++tally_.found;
            if (!known || !record || record->key_id() != key_id_of(key_number(asked_)))
                wrong("found, but not what was asked for");
            break;
        case auth::lookup_status::absent:
            ++tally_.absent;
            if (known) wrong("a known key is told absent");
            break;
        case auth::lookup_status::unavailable:
            ++tally_.unavailable;
            ++tally_.reasons[reason];
            // An answer that has rows that nobody asked for is another batch's.
            if (std::string_view(reason) == "the database's answer cannot be read") wrong(reason);
            break;
        }
    }

    void wrong(const char* why) {
        ++tally_.wrong;
        BOOST_TEST_MESSAGE("question " << asked_ << " of " << this << ": " << why);
    }

    running_store& where_;
    tally& tally_;
    std::size_t& left_;
    std::size_t number_;
    std::size_t asked_ = 0;
    core::steady_time sent_at_{};
};

// The store has the askers' questions, also when a case ends early.
struct stopped_before_askers {
    explicit stopped_before_askers(running_store& r) : running(r) {}
    ~stopped_before_askers() { running.store.stop(); }
    running_store& running;
};

} // namespace

BOOST_AUTO_TEST_SUITE(terminated_backends)

BOOST_AUTO_TEST_CASE(every_answer_belongs_to_its_question) {
    migrated_database database;
    database.exec(fill_with_keys(keys_known));
    auto settings = database.configuration();
    // Small batches, so that each pipeline has many.
    settings.batch_max = 16;
    settings.batch_spread = 1;
    // A slow machine must not count as overload here: questions refused at once are repeated at
    // once.
    settings.lookups_in_flight_min = settings.lookups_in_flight_max;
    settings.overload_after = core::seconds(10);
    settings.backoff_min = core::milliseconds(1);
    settings.backoff_max = core::milliseconds(5);
    running_store running(settings, {3, 1});
    running.wait_until_reachable();
    session reaper(database.uri());
    const std::string end_one =
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = '" +
        database.name() + "' and application_name = 'latchkey' order by random() limit 1";

    tally results;
    const auto wanted = questions_wanted();
    auto left = wanted;
    std::deque<asker> askers;
    const stopped_before_askers stopped(running);
    for (std::size_t i = 0; i < at_once; ++i)
        askers.emplace_back(running, results, left, i + 1).ask_next();
    std::size_t terminations = 0;
    while (results.answered() < wanted) {
        const auto next = std::min(wanted, (terminations + 1) * questions_between_terminations);
        running.run_until([&] { return results.answered() >= next; });
        reaper.exec(end_one);
        ++terminations;
        BOOST_REQUIRE_EQUAL(results.wrong, 0u);
        BOOST_REQUIRE_EQUAL(results.late, 0u);
    }

    BOOST_TEST_MESSAGE(results.found << " found, " << results.absent << " absent, "
                                     << results.unavailable << " unavailable, " << terminations
                                     << " backends ended");
    for (const auto& [reason, count] : results.reasons)
        BOOST_TEST_MESSAGE(count << " times: " << reason);
    BOOST_TEST(results.answered() == wanted);
    BOOST_TEST(results.wrong == 0u);
    // Some batches were under way when their backends ended, and most were not.
    BOOST_TEST(results.unavailable > 0u);
    BOOST_TEST(results.found > wanted / 4);
    BOOST_TEST(results.absent > wanted / 4);
}

BOOST_AUTO_TEST_SUITE_END()
