#include "answer_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

BOOST_AUTO_TEST_SUITE(answer_reader)

using load::answer_reader;
using state = load::answer_reader::state;

namespace {

const std::string with_length =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 11\r\n\r\nhello world";
const std::string in_chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "6;name=\"value\"\r\nhello \r\n5\r\nworld\r\n0\r\nX-Sum: 1\r\n\r\n";

struct good_answer {
    const char* name;
    std::string bytes;
    int status;
    std::string body;
    bool keeps_alive = true;
    bool without_body = false;
};

const good_answer good_answers[] = {
    {"with a length", with_length, 200, "hello world"},
    {"in chunks", in_chunks, 200, "hello world"},
    {"no data in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200,
     ""},
    {"after interim answers",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + with_length, 200,
     "hello world"},
    {"no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
    {"an empty body", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", 503, ""},
    {"no reason", "HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno", 404, "no"},
    {"to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 200, "", true, true},
    {"the last one", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nby", 200,
     "by", false},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nby", 200, "by", false},
    {"HTTP/1.0, kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nby",
     200, "by", true},
};

state read_all(answer_reader& reader, std::string_view bytes, bool without_body = false) {
    reader.begin(without_body);
    return reader.take(bytes);
}

} // namespace

BOOST_AUTO_TEST_CASE(an_answer_may_be_split_anywhere) {
    answer_reader reader;
    for (const auto& row : good_answers)
        for (std::size_t cut = 1; cut < row.bytes.size(); ++cut)
            BOOST_TEST_CONTEXT(row.name << ", cut at " << cut) {
                std::string first = row.bytes.substr(0, cut);
                reader.begin(row.without_body);
                BOOST_REQUIRE(reader.take(first) == state::partial);
                first.assign(first.size(), '?'); // the reader keeps what it needs
                BOOST_REQUIRE(reader.take(std::string_view(row.bytes).substr(cut)) == state::whole);
                BOOST_TEST(reader.status() == row.status);
                BOOST_TEST(reader.body() == row.body);
                BOOST_TEST(reader.keeps_alive() == row.keeps_alive);
            }
}

BOOST_AUTO_TEST_CASE(an_answer_may_come_byte_by_byte_and_again_on_the_same_connection) {
    answer_reader reader;
    for (int round = 0; round < 2; ++round)
        for (const auto& row : good_answers)
            BOOST_TEST_CONTEXT(row.name) {
                reader.begin(row.without_body);
                for (std::size_t i = 0; i + 1 < row.bytes.size(); ++i)
                    BOOST_REQUIRE(reader.take(std::string_view(row.bytes).substr(i, 1)) ==
                                  state::partial);
                BOOST_REQUIRE(reader.take(std::string_view(row.bytes).substr(row.bytes.size() -
                                                                             1)) == state::whole);
                BOOST_TEST(reader.status() == row.status);
                BOOST_TEST(reader.body() == row.body);
            }
}

BOOST_AUTO_TEST_CASE(without_a_length_the_end_of_the_connection_ends_an_answer) {
    answer_reader reader;
    BOOST_TEST((read_all(reader, "HTTP/1.1 200 OK\r\n\r\nhello") == state::partial));
    BOOST_TEST((reader.take(" world") == state::partial));
    BOOST_TEST((reader.closed() == state::whole));
    BOOST_TEST(reader.body() == "hello world");
    BOOST_TEST(!reader.keeps_alive());
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_within_an_answer_breaks_it) {
    answer_reader reader;
    for (const auto* bytes : {&with_length, &in_chunks}) {
        BOOST_TEST((read_all(reader, bytes->substr(0, bytes->size() - 1)) == state::partial));
        BOOST_TEST((reader.closed() == state::broken));
        BOOST_TEST(reader.fault() == std::string("the connection was closed within an answer"));
    }
    BOOST_TEST((read_all(reader, "HTTP/1.1 200 OK\r\n") == state::partial));
    BOOST_TEST((reader.closed() == state::broken));
}

BOOST_AUTO_TEST_CASE(what_is_no_answer_is_broken_and_says_why) {
    const struct {
        std::string bytes;
        std::string why;
    } rows[] = {
        {"SSH-2.0-OpenSSH\r\n\r\n", "status line"},
        {"HTTP/2 200\r\n\r\n", "status line"},
        {"HTTP/1.1 20 OK\r\n\r\n", "status line"},
        {"HTTP/1.1 999 OK\r\n\r\n", "status line"},
        {"HTTP/1.1 2000 OK\r\n\r\n", "status line"},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "101"},
        {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "Content-Length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "Content-Length"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "two different"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "not chunked"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "both"},
        {"HTTP/1.1 200 OK\r\nNo field\r\n\r\n", "no field"},
        {"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", "no field"},
        {"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n", "no field"},
        {with_length + "!", "bytes follow"},
        {in_chunks + "HTTP/1.1 200 OK\r\n", "bytes follow"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "size of a chunk"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n",
         "longer than its size"},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x'), "64 KiB"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(70'000, '1'),
         "64 KiB"},
    };
    answer_reader reader;
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.bytes.substr(0, 100)) {
            BOOST_TEST((read_all(reader, row.bytes) == state::broken));
            BOOST_TEST(std::string(reader.fault()).find(row.why) != std::string::npos,
                       reader.fault());
        }
}

BOOST_AUTO_TEST_CASE(an_answer_that_arrives_whole_is_not_copied) {
    answer_reader reader;
    BOOST_TEST((read_all(reader, with_length) == state::whole));
    BOOST_TEST(static_cast<const void*>(reader.body().data() + 11) ==
               static_cast<const void*>(with_length.data() + with_length.size()));
}

BOOST_AUTO_TEST_SUITE_END()
