#include "http/chunked_decoder.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using subject = latchkey::http::chunked_decoder;
using outcome = subject::outcome;

BOOST_AUTO_TEST_SUITE(chunked_decoder)

BOOST_AUTO_TEST_CASE(decodes_whatever_the_pieces) {
    const std::string raw = "4\r\nWiki\r\n5;name=\"v\"\r\npedia\r\n00A\r\n0123456789\r\n0\r\n\r\n";
    for (std::size_t piece = 1; piece <= raw.size(); ++piece) {
        BOOST_TEST_CONTEXT("in pieces of " << piece) {
            subject decoder({100});
            std::string body;
            auto result = outcome::incomplete;
            for (std::size_t at = 0; at < raw.size(); at += piece) {
                BOOST_TEST((result == outcome::incomplete));
                std::string_view part = std::string_view(raw).substr(at, piece);
                result = decoder.decode(part, body);
                BOOST_TEST(part.empty());
            }
            BOOST_TEST((result == outcome::complete));
            BOOST_TEST(body == "Wikipedia0123456789");
        }
    }
}

BOOST_AUTO_TEST_CASE(leaves_the_next_request_alone) {
    subject decoder({100});
    std::string body;
    std::string_view raw = "1\r\na\r\n0\r\n\r\nGET /";
    BOOST_TEST((decoder.decode(raw, body) == outcome::complete));
    BOOST_TEST(raw == "GET /");
}

// RFC 9112, section 7.1.1.
BOOST_AUTO_TEST_CASE(extensions_have_a_grammar) {
    constexpr std::string_view good[] = {"",
                                         ";a",
                                         " ;a",
                                         "\t; a",
                                         ";a=b",
                                         "; a = b",
                                         ";a\t=\tb",
                                         ";a=\"\"",
                                         ";a=\"b;c,d=\"",
                                         ";a=\"b\\\"c\"",
                                         ";a=\"\t\"",
                                         ";a=\"\xe9\"",
                                         ";a=\"\\\xe9\"",
                                         ";a;b",
                                         ";a ;b",
                                         ";a=b ; c",
                                         ";a=\"b\" ;c",
                                         ";a=b;c=\"d\";e",
                                         ";!#$%&'*+-.^_`|~0=~"};
    constexpr std::string_view bad[] = {
        " ",      "\t",        ";",         "; ",          ";;a",         ";a;",
        ";a; ",   ";a ",       ";a=",       ";a= ",        ";a=b ",       ";=b",
        ";a==b",  ";a=b=c",    ";a b",      ";a=b c",      ";a=\"b",      ";a=\"b\\\"",
        ";a=b\"", ";a=\"b\"c", ";a=\"b\" ", ";a=\"\x01\"", ";a=\"\x7f\"", ";a=\"\\\x01\"",
        ";a\xe9", ";a=\xe9",   ";a,b",      ";\"a\"",      ";a=(b)",      "x",
        "=",      ",",         "\"",        "; a\v"};
    const auto decode = [](const std::string& raw, std::size_t piece) {
        subject decoder({100});
        std::string body;
        auto result = outcome::incomplete;
        for (std::size_t at = 0; at < raw.size() && result == outcome::incomplete; at += piece) {
            auto part = std::string_view(raw).substr(at, piece);
            result = decoder.decode(part, body);
        }
        if (result == outcome::complete) BOOST_TEST(body == "abc");
        if (result == outcome::refused) BOOST_TEST(decoder.why().status == 400);
        return result;
    };
    const auto check = [&](std::string_view extension, outcome expected) {
        const std::string line = std::string(extension) + "\r\n";
        for (const auto& raw : {"3" + line + "abc\r\n0\r\n\r\n", "3\r\nabc\r\n0" + line + "\r\n"})
            for (const std::size_t piece : {std::size_t{1}, raw.size()})
                BOOST_TEST_CONTEXT("\"" << extension << "\" in pieces of " << piece)
        BOOST_TEST((decode(raw, piece) == expected));
    };
    for (const auto extension : good)
        check(extension, outcome::complete);
    for (const auto extension : bad)
        check(extension, outcome::refused);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_ambiguous) {
    struct {
        const char* name;
        std::string raw;
        int status;
    } const cases[] = {
        {"no size", "\r\na\r\n", 400},
        {"an extension without a size", ";a\r\n", 400},
        {"not hexadecimal", "g\r\n", 400},
        {"a prefix", "0x1\r\n", 400},
        {"a sign", "-1\r\n", 400},
        {"a space", "1 \r\n", 400},
        {"a tab", "1\t\r\n", 400},
        {"a space before the size", " 1\r\n", 400},
        {"a bare line feed", "1\na", 400},
        {"a bare carriage return", "1\ra", 400},
        {"a chunk longer than its size", "1\r\nab\r\n", 400},
        {"a chunk ended by a line feed", "1\r\na\n", 400},
        {"a trailer", "0\r\nAuthorization: x\r\n\r\n", 400},
        {"a line feed after the last chunk", "0\r\n\n", 400},
        {"a huge size", "fffffffffffffffff\r\n", 400},
        {"a line feed in an extension", "1;a\nb\r\n", 400},
        {"a long extension", "1;" + std::string(300, 'a'), 400},
        {"many extensions",
         [] {
             std::string chunks;
             for (int i = 0; i < 50; ++i)
                 chunks += "1;" + std::string(200, 'a') + "\r\nx\r\n";
             return chunks;
         }(),
         400},
        {"much white space", "1" + std::string(300, ' ') + ";a\r\n", 400},
        {"too long a body", "65\r\n", 413},
        {"too long in sum", "64\r\n" + std::string(100, 'a') + "\r\n1\r\n", 413},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            subject decoder({100});
            std::string body;
            std::string_view raw = c.raw;
            BOOST_TEST((decoder.decode(raw, body) == outcome::refused));
            BOOST_TEST(decoder.why().status == c.status);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
