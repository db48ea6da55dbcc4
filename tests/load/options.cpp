#include "options.hpp"
#include "fault.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(all_words_are_read) {
    const std::vector<const char*> words{
        "--to",       "unix:/a",   "--tls",     "ca.pem",    "--mix",     "m.json", "--connections",
        "7",          "--seconds", "1.5",       "--warm-up", "0.5",       "--rate", "2000",
        "--arrivals", "random",    "--timeout", "3",         "--threads", "2",      "--seed",
        "9",          "--watch",   "7,12",      "--json"};
    const auto read = load::read_options(words);
    BOOST_TEST(read.to == "unix:/a");
    BOOST_TEST(read.tls == "ca.pem");
    BOOST_TEST(read.mix == "m.json");
    BOOST_TEST(read.connections == 7U);
    BOOST_TEST(read.seconds == 1.5);
    BOOST_TEST(read.warm_up == 0.5);
    BOOST_TEST(*read.rate == 2000);
    BOOST_TEST(read.random_arrivals);
    BOOST_TEST(read.timeout == 3);
    BOOST_TEST(read.threads == 2U);
    BOOST_TEST(read.seed == 9U);
    BOOST_TEST(read.watched == (std::vector{7, 12}), boost::test_tools::per_element());
    BOOST_TEST(read.json);
}

BOOST_AUTO_TEST_CASE(a_wrong_word_is_named_with_what_it_must_be) {
    const struct {
        std::vector<const char*> more;
        std::string says;
    } rows[] = {
        {{"--conections", "5"}, "--conections is no option"},
        {{"--rate"}, "--rate lacks its value"},
        {{"--rate", "fast"}, "--rate fast: it must be a number"},
        {{"--rate", "0"}, "--rate 0: it must be a number"},
        {{"--seconds", "nan"}, "--seconds nan: it must be a number"},
        {{"--connections", "1.5"}, "--connections 1.5: it must be a whole number from 1 to"},
        {{"--connections", "0"}, "--connections 0: it must be a whole number from 1 to"},
        {{"--arrivals", "poisson", "--rate", "1"},
         "--arrivals poisson: it must be steady or random"},
        {{"--watch", "7,x"}, "--watch x: it must be a whole number"},
        {{"--arrivals", "random"}, "--arrivals random needs --rate"},
        {{"--threads", "65"}, "--threads 65: each thread needs a connection, and there are 64"},
    };
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.says) {
            std::vector<const char*> words{"--to", "127.0.0.1:1", "--mix", "m"};
            words.insert(words.end(), row.more.begin(), row.more.end());
            BOOST_CHECK_EXCEPTION(load::read_options(words), load::fault,
                                  [&](const load::fault& wrong) {
                                      return std::string(wrong.what()).find(row.says) == 0;
                                  });
        }
    BOOST_CHECK_THROW(load::read_options(std::vector<const char*>{"--mix", "m"}), load::fault);
    BOOST_CHECK_THROW(load::read_options(std::vector<const char*>{"--to", "a:1"}), load::fault);
}

BOOST_AUTO_TEST_SUITE_END()
