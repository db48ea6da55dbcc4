#include <latchkey/core/cache/epochs.hpp>
#include <latchkey/core/mailbox.hpp>

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(epochs)

BOOST_AUTO_TEST_CASE(an_epoch_passes_when_those_who_were_reading_have_stopped) {
    core::epochs q(2);
    BOOST_TEST(q.passed(q.advance()));
    std::uint64_t epoch = 0;
    {
        const core::epochs::reader::pin early(q.at(0));
        epoch = q.advance();
        // A reader that pins afterwards cannot have found it, and delays nothing.
        const core::epochs::reader::pin late(q.at(1));
        BOOST_TEST(!q.passed(epoch));
        {
            const core::epochs::reader::pin nested(q.at(0));
            BOOST_TEST(!q.passed(epoch));
        }
        BOOST_TEST(!q.passed(epoch));
    }
    BOOST_TEST(q.passed(epoch));
}

namespace {

struct letter final : core::mail {
    std::vector<int>* seen = nullptr;
    int number = 0;
    void arrived() noexcept override { seen->push_back(number); }
};

} // namespace

BOOST_AUTO_TEST_CASE(mail_arrives_in_order_and_its_owner_is_woken_once) {
    int woken = 0;
    core::mailbox box([&] { ++woken; });
    BOOST_TEST(!box.receive());
    std::vector<int> seen;
    std::vector<letter> letters(5);
    for (int i = 0; i < 5; ++i) {
        auto& l = letters[static_cast<std::size_t>(i)];
        l.seen = &seen;
        l.number = i;
        box.send(l);
    }
    BOOST_TEST(woken == 1);
    BOOST_TEST(box.receive());
    BOOST_TEST((seen == std::vector<int>{0, 1, 2, 3, 4}));
    box.send(letters[0]);
    BOOST_TEST(woken == 2);
}

BOOST_AUTO_TEST_CASE(many_senders_lose_nothing) {
    core::mailbox box([] {});
    constexpr int senders = 3;
    constexpr int each = 20'000;
    std::vector<std::vector<letter>> letters(senders);
    std::vector<int> seen;
    for (auto& batch : letters) {
        batch = std::vector<letter>(each);
        for (int i = 0; i < each; ++i) {
            batch[static_cast<std::size_t>(i)].seen = &seen;
            batch[static_cast<std::size_t>(i)].number = i;
        }
    }
    std::vector<std::thread> threads;
    for (auto& batch : letters)
        threads.emplace_back([&box, &batch] {
            for (auto& l : batch)
                box.send(l);
        });
    while (seen.size() < senders * each)
        box.receive();
    for (auto& t : threads)
        t.join();
    std::vector<int> counts(each);
    for (const int n : seen)
        ++counts[static_cast<std::size_t>(n)];
    BOOST_TEST(std::count(counts.begin(), counts.end(), senders) == each);
}

BOOST_AUTO_TEST_SUITE_END()
