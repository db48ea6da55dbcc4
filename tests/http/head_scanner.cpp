#include "http/head_scanner.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using latchkey::http::configuration;
using subject = latchkey::http::head_scanner;
using outcome = subject::outcome;

BOOST_AUTO_TEST_SUITE(head_scanner)

BOOST_AUTO_TEST_CASE(finds_the_end_wherever_the_bytes_are_cut) {
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
        BOOST_TEST_CONTEXT("cut at " << cut) {
            subject scanner;
            BOOST_TEST((scanner.scan(text.substr(0, cut), {}) == outcome::incomplete));
            BOOST_TEST((scanner.scan(text + "POST", {}) == outcome::complete));
            BOOST_TEST(scanner.begin() == 0u);
            BOOST_TEST(scanner.end() == text.size());
        }
    }
}

// The same bytes, all at once and one by one.
BOOST_AUTO_TEST_CASE(says_the_same_however_the_bytes_come) {
    configuration limits;
    limits.target_bytes_max = 32;
    limits.header_bytes_max = 200;
    configuration narrow = limits; // shorter than the longest request line
    narrow.header_bytes_max = 80;
    const std::string end = " HTTP/1.1\r\n\r\n";
    const std::string fields = "GET / HTTP/1.1\r\nX: ";
    std::vector<std::string> cases = {std::string(300, 'a') + '\n',
                                      fields + std::string(300, 'a') + "\n\n",
                                      fields + "a\n b" + std::string(300, 'a')};
    for (std::size_t length = 60; length < 110; ++length) // past each limit
        cases.push_back(std::string(length, 'M') + " /" + end);
    for (std::size_t length = 150; length < 210; ++length)
        cases.push_back(fields + std::string(length, 'a') + "\r\n\r\n");
    for (const auto* given : {&limits, &narrow})
        for (const auto& bytes : cases) {
            subject at_once;
            const auto whole = at_once.scan(bytes, *given);
            subject one_by_one;
            auto last = outcome::incomplete;
            for (std::size_t n = 1; n <= bytes.size() && last == outcome::incomplete; ++n)
                last = one_by_one.scan(bytes.substr(0, n), *given);
            BOOST_TEST_CONTEXT(bytes.size() << " bytes: " << bytes.substr(0, 20)) {
                BOOST_TEST((last == whole));
                if (whole == outcome::refused)
                    BOOST_TEST(one_by_one.why().status == at_once.why().status);
            }
        }
}

BOOST_AUTO_TEST_CASE(ignores_one_empty_line_before_the_request) {
    subject scanner;
    BOOST_TEST((scanner.scan("\r\nGET / HTTP/1.1\r\n\r\n", {}) == outcome::complete));
    BOOST_TEST(scanner.begin() == 2u);
    subject twice;
    BOOST_TEST((twice.scan("\r\n\r\nGET / HTTP/1.1\r\n\r\n", {}) == outcome::refused));
    BOOST_TEST(twice.why().status == 400);
}

BOOST_AUTO_TEST_CASE(refuses_what_can_never_become_good) {
    struct {
        const char* name;
        std::string bytes;
        int status;
    } const cases[] = {
        {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400},
        {"a bare line feed in a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
        {"a line feed first", "\nGET / HTTP/1.1\r\n\r\n", 400},
        {"folded by a space", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400},
        {"folded by a tab", "GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", 400},
        {"a space before the request line", "\r\n GET / HTTP/1.1\r\n\r\n", 400},
        {"an endless target", "GET /" + std::string(9000, 'a'), 414},
        {"a long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n", 414},
        {"an endless field", "GET / HTTP/1.1\r\nX: " + std::string(17000, 'a'), 431},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            subject scanner;
            BOOST_TEST((scanner.scan(c.bytes, {}) == outcome::refused));
            BOOST_TEST(scanner.why().status == c.status);
        }
    }
}

BOOST_AUTO_TEST_CASE(counts_fields_and_bytes_up_to_the_limit) {
    configuration limits;
    limits.header_fields_max = 3;
    std::string text = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 3; ++i)
        text += "X: y\r\n";
    subject at_limit;
    BOOST_TEST((at_limit.scan(text + "\r\n", limits) == outcome::complete));
    subject past_limit;
    BOOST_TEST((past_limit.scan(text + "X: y\r\n\r\n", limits) == outcome::refused));
    BOOST_TEST(past_limit.why().status == 431);

    limits.header_bytes_max = text.size() + 2;
    subject bytes_at_limit;
    BOOST_TEST((bytes_at_limit.scan(text + "\r\n", limits) == outcome::complete));
    limits.header_bytes_max = text.size() + 1;
    subject bytes_past_limit;
    BOOST_TEST((bytes_past_limit.scan(text + "\r\n", limits) == outcome::refused));
    BOOST_TEST(bytes_past_limit.why().status == 431);
}

BOOST_AUTO_TEST_SUITE_END()
