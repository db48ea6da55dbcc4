#include <latchkey/pg/connection/database_server.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

core::real_time at(int second) {
    return core::real_time(1'800'000'000s + std::chrono::seconds(second));
}

} // namespace

BOOST_AUTO_TEST_SUITE(database_server)

BOOST_AUTO_TEST_CASE(it_counts_from_the_first_poll_that_it_answered) {
    pg::server_news news;
    BOOST_TEST(!news.latest().since.has_value());
    BOOST_TEST(news.answered({"a", "5432", "d"}, {"7350/16384/00000001", "e"}, at(1)));
    BOOST_TEST(!news.answered({"a", "5432", "d"}, {"7350/16384/00000001", "f"}, at(2)));
    BOOST_TEST(news.latest().name == "d");
    BOOST_TEST(news.latest().system_identifier == "7350");
    BOOST_TEST(news.latest().timeline == 1u);
    BOOST_TEST((news.latest().since == at(1)));
    // Promoted, on another host, on another port, another cluster, another database of it.
    BOOST_TEST(news.answered({"a", "5432", "d"}, {"7350/16384/0000001F", "f"}, at(3)));
    BOOST_TEST(news.latest().timeline == 31u);
    BOOST_TEST(news.answered({"b", "5432", "d"}, {"7350/16384/0000001F", "f"}, at(4)));
    BOOST_TEST(news.answered({"b", "5433", "d"}, {"7350/16384/0000001F", "f"}, at(5)));
    BOOST_TEST(news.answered({"b", "5433", "d"}, {"7351/16384/0000001F", "f"}, at(6)));
    BOOST_TEST((news.latest().since == at(6)));
    BOOST_TEST(news.answered({"b", "5433", "other"}, {"7351/16390/0000001F", "f"}, at(7)));
    BOOST_TEST((news.latest().since == at(7)));
    // The name alone is not the database.
    BOOST_TEST(!news.answered({"b", "5433", "renamed"}, {"7351/16390/0000001F", "f"}, at(8)));
    BOOST_TEST(news.latest().name == "renamed");
}

BOOST_AUTO_TEST_CASE(the_last_reset_stays) {
    pg::server_news news;
    news.lost("another era", at(1));
    news.answered({"a", "5432", "d"}, {"7350/16384/00000001", "e"}, at(2));
    BOOST_REQUIRE(news.latest().last_reset.has_value());
    BOOST_TEST(news.latest().last_reset->why == "another era");
    BOOST_TEST((news.latest().last_reset->at == at(1)));
}

BOOST_AUTO_TEST_SUITE_END()
