#include <latchkey/core/cache/snapshot.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(snapshot)

BOOST_AUTO_TEST_CASE(an_old_value_lives_while_a_reader_might_see_it) {
    core::epochs readers(1);
    auto first = std::make_shared<const int>(1);
    const std::weak_ptr<const int> watched = first;
    core::snapshot<const int> value(std::move(first), readers);
    {
        const core::epochs::reader::pin pinned(readers.at(0));
        const auto& seen = value.read();
        value.publish(std::make_shared<const int>(2));
        BOOST_TEST(seen == 1);
        BOOST_TEST(value.read() == 2);
        value.reclaim();
        BOOST_TEST(!watched.expired());
    }
    value.reclaim();
    BOOST_TEST(watched.expired());
    BOOST_TEST(*value.latest() == 2);
}

// For the sanitizers: each value that is read is whole, and no older than the one before.
BOOST_AUTO_TEST_CASE(readers_see_whole_values_in_their_order) {
    constexpr std::size_t threads = 3;
    constexpr int last = 20'000;
    core::epochs readers(threads);
    core::snapshot<const std::vector<int>> value(std::make_shared<std::vector<int>>(4, 0), readers);
    std::atomic<std::size_t> wrong{0};
    std::vector<std::thread> running;
    for (std::size_t t = 0; t < threads; ++t)
        running.emplace_back([&, t] {
            for (int before = 0; before < last;) {
                const core::epochs::reader::pin pinned(readers.at(t));
                const auto& seen = value.read();
                for (const int n : seen)
                    wrong += n != seen[0];
                wrong += seen[0] < before;
                before = seen[0];
            }
        });
    for (int n = 1; n <= last; ++n)
        value.publish(std::make_shared<std::vector<int>>(4, n));
    for (auto& t : running)
        t.join();
    BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
