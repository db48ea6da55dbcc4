#include <latchkey/http/head_scanner.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

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
        {"an endless target", "GET /" + std::string(5000, 'a'), 414},
        {"a long target", "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n", 414},
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
