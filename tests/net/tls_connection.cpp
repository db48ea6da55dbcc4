#include "tls_ends.hpp"

using namespace latchkey;
using namespace latchkey::crypto_tests;

namespace {

struct fixture {
    test::certificate_authority authority;
    context_ptr context = context_of(credentials_of(authority.issue("DNS:localhost")));
};

struct connected : fixture, ends {
    connected() : ends(context) { BOOST_REQUIRE((shake_hands() == state::done)); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls_connection, connected)

BOOST_AUTO_TEST_CASE(bytes_go_both_ways) {
    say("request");
    BOOST_TEST(hear() == "request");
    BOOST_TEST(!server->may_have_more());
    BOOST_TEST(server->write("answer").bytes == 6u);
    BOOST_TEST(client_hears() == "answer");
    std::string none(10, ' ');
    BOOST_TEST((server->read(none).then == state::wants_input));
}

// The first read empties the socket, so no event tells of the bytes that OpenSSL still holds.
BOOST_AUTO_TEST_CASE(what_is_left_of_what_was_read_is_told) {
    say("one");
    say("two");
    say("three");
    BOOST_TEST(hear(2) == "on");
    BOOST_TEST(server->may_have_more());
    BOOST_TEST(hear() == "etwothree");
    // The socket was not read again: it may have bytes of which an event has told already.
    BOOST_TEST(server->may_have_more());
    BOOST_TEST(hear() == "");
    BOOST_TEST(!server->may_have_more());
}

BOOST_AUTO_TEST_CASE(half_a_record_is_waited_for) {
    auto* const memory = BIO_new(BIO_s_mem());
    SSL_set0_wbio(client, memory);
    say("one");
    say("two");
    char* records = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(memory, &records));
    BOOST_REQUIRE(::send(fds[1], records, size - 5, 0) > 0);
    BOOST_TEST(hear() == "one");
    BOOST_TEST(!server->may_have_more()); // an event will tell of the rest
    BOOST_REQUIRE(::send(fds[1], records + size - 5, 5, 0) == 5);
    BOOST_TEST(hear() == "two");
}

BOOST_AUTO_TEST_CASE(an_end_that_came_with_the_last_bytes_is_told_after_them) {
    say("last");
    SSL_shutdown(client);
    BOOST_TEST(hear() == "last");
    BOOST_TEST(server->may_have_more());
    std::string room(10, ' ');
    BOOST_TEST((server->read(room).then == state::ended));
}

BOOST_AUTO_TEST_CASE(a_record_may_come_byte_by_byte) {
    // The record comes from a client that writes to memory.
    auto* const memory = BIO_new(BIO_s_mem());
    SSL_set0_wbio(client, memory);
    say("request");
    char* record = nullptr;
    const auto size = BIO_get_mem_data(memory, &record);
    for (long i = 0; i + 1 < size; ++i) {
        BOOST_REQUIRE(::send(fds[1], record + i, 1, 0) == 1);
        BOOST_TEST(hear() == "");
    }
    BOOST_REQUIRE(::send(fds[1], record + size - 1, 1, 0) == 1);
    BOOST_TEST(hear() == "request");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_waited_for) {
    std::string answer(1 << 20, 'a');
    for (std::size_t i = 0; i < answer.size(); ++i)
        answer[i] = static_cast<char>('a' + i % 23);
    std::string_view rest = answer;
    std::string heard;
    int waits = 0;
    while (heard.size() < answer.size()) {
        const auto sent = server->write(rest);
        BOOST_TEST(ERR_peek_error() == 0u);
        if (sent.bytes < rest.size()) {
            BOOST_REQUIRE((sent.then == state::wants_output));
            ++waits;
        }
        rest.remove_prefix(sent.bytes);
        // A copy elsewhere in memory, as after a buffer has grown.
        const std::string copy(rest);
        const auto again = server->write(copy);
        rest.remove_prefix(again.bytes);
        for (auto piece = client_hears(); !piece.empty(); piece = client_hears())
            heard += piece;
    }
    BOOST_TEST(waits > 0);
    BOOST_TEST((heard == answer));
}

BOOST_AUTO_TEST_CASE(new_keys_on_the_way_are_taken) {
    BOOST_REQUIRE(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED) == 1);
    say("request");
    BOOST_TEST(hear() == "request");
    BOOST_TEST(server->write("answer").bytes == 6u);
    BOOST_TEST(client_hears() == "answer");
}

BOOST_AUTO_TEST_CASE(the_end_is_told_both_ways) {
    server->close_notify();
    char none = 0;
    const int n = SSL_read(client, &none, 1);
    BOOST_TEST(SSL_get_error(client, n) == SSL_ERROR_ZERO_RETURN);
    // The bytes that the client sends before it sees the end are still read.
    say("late");
    BOOST_TEST(hear() == "late");
    SSL_shutdown(client);
    std::string room(10, ' ');
    BOOST_TEST((server->read(room).then == state::ended));
}

BOOST_AUTO_TEST_CASE(an_end_without_a_word_is_an_end) {
    ::close(std::exchange(fds[1], -1));
    std::string room(10, ' ');
    BOOST_TEST((server->read(room).then == state::ended));
    BOOST_TEST(ERR_peek_error() == 0u);
    BOOST_TEST((server->write("answer").then == state::ended));
    server->close_notify();
    BOOST_TEST(ERR_peek_error() == 0u);
}

BOOST_AUTO_TEST_CASE(a_forged_record_ends_the_connection) {
    constexpr std::string_view forged("\x17\x03\x03\x00\x20"
                                      "0123456789abcdef0123456789abcdef");
    BOOST_REQUIRE(::send(fds[1], forged.data(), 37, 0) == 37);
    std::string room(10, ' ');
    BOOST_TEST((server->read(room).then == state::ended));
    BOOST_TEST(ERR_peek_error() == 0u);
    BOOST_TEST((server->read(room).then == state::ended));
}

BOOST_AUTO_TEST_SUITE_END()
