#include "slow.hpp"
#include "fault.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

BOOST_AUTO_TEST_SUITE(slow)

BOOST_AUTO_TEST_CASE(a_wrong_word_is_named_with_what_it_must_be) {
    const struct {
        std::vector<const char*> words;
        std::string says;
    } rows[] = {
        {{}, "slow needs three words"},
        {{"8080", "10"}, "slow needs three words"},
        {{"80x", "10", "read"}, "slow: 80x must be a whole number from 1 to 65535"},
        {{"8080", "0", "read"}, "slow: 0 must be a whole number from 1 to"},
        {{"8080", "10", "write"}, "slow: write must be header, body or read"},
    };
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.says)
    BOOST_CHECK_EXCEPTION(load::run_slow(row.words), load::fault, [&](const load::fault& wrong) {
        return std::string(wrong.what()).find(row.says) == 0;
    });
}

BOOST_AUTO_TEST_SUITE_END()
