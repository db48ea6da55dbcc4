#include "../support/unpacked.hpp"

#include <latchkey/http/compressor.hpp>
#include <latchkey/http/field_values.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace latchkey;
using test::unpacked;

namespace {

std::string text_of(std::size_t size) {
    std::string text;
    std::mt19937 random(3);
    while (text.size() < size)
        text += "{\"key_id\":\"key_" + std::to_string(random() % 100'000) + "\",\"valid\":true},";
    text.resize(size);
    return text;
}

// One exchange of a client that sends `accept`, with its connection.
struct asking final : http::waker {
    explicit asking(std::string_view accept, http::method m = http::method::get)
        : exchange(request, "id", out, terms, false, *this) {
        request.method = m;
        request.fields[static_cast<std::size_t>(http::field::accept_encoding)] = accept;
    }
    void wake() override {
        if (auto* awaited = exchange.take_pending()) awaited->finish(exchange);
    }
    std::string body() const { return out.substr(out.find("\r\n\r\n") + 4); }
    bool has(std::string_view text) const { return out.find(text) != std::string::npos; }

    http::request request;
    http::answer_terms terms;
    std::string out;
    http::exchange exchange;
};

struct compressor_worker {
    core::mailbox box{[] {}};
    core::fair_queue queue{[this]() -> core::mailbox& { return box; }};
    // A slice of zero ends at the first reading of the clock, so each turn compresses one piece.
    http::compressor compression{{.minimum_size = 100}, queue, core::nanoseconds(0)};
    int turn_all() {
        int turned = 0;
        while (box.receive())
            ++turned;
        return turned;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(compressor, compressor_worker)

BOOST_AUTO_TEST_CASE(gzip_is_used_when_it_is_preferred) {
    struct {
        const char* accept;
        bool gzip;
    } const cases[] = {
        {"", false},
        {"gzip", true},
        {"GZip", true},
        {"x-gzip", true},
        {"gzip, deflate, br", true},
        {"deflate, br", false},
        {"deflate,  gzip ;q=1.0", true},
        {"gzip;q=0", false},
        {"gzip;q=0.000", false},
        {"gzip;q=0.001", true},
        {"*", true},
        {"*;q=0", false},
        {"*;q=0, gzip;q=0.5", true},
        {"gzip;q=0, *", false},
        {"identity", false},
        {"identity;q=0", false},
        {"identity;q=0, gzip", true},
        {"identity;q=0, *", true},
        {"gzip;q=0.5, identity;q=0.8", false},
        {"gzip;q=0.8, identity;q=0.5", true},
        {"gzip, identity", true},
        {"gzip;q=1.5", false},
        {"gzip;q=0.1234", false},
        {"gzip;q=", false},
        {"gzip;q=x", false},
        {"gzip;level=9", false},
        {"notgzip", false},
        {", ,gzip", true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.accept)
    BOOST_TEST(http::prefers_gzip(c.accept) == c.gzip);
}

BOOST_AUTO_TEST_CASE(a_short_body_is_compressed_at_once) {
    const auto text = text_of(2000);
    for (int again = 0; again < 3; ++again) {
        asking client("gzip");
        compression.answer(client.exchange, "application/json", text, "Age: 0\r\n");
        BOOST_REQUIRE(client.exchange.answered());
        BOOST_TEST(client.has("Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"));
        BOOST_TEST(client.has("Age: 0\r\n"));
        BOOST_TEST(client.body().size() < 1000u);
        BOOST_TEST(unpacked(client.body()) == text);
    }
}

BOOST_AUTO_TEST_CASE(who_does_not_ask_gets_it_as_it_is_and_caches_are_told) {
    const auto text = text_of(2000);
    asking client("br");
    compression.answer(client.exchange, "text/plain", text);
    BOOST_TEST(client.body() == text);
    BOOST_TEST(client.has("Vary: Accept-Encoding\r\n"));
    BOOST_TEST(!client.has("Content-Encoding"));
}

BOOST_AUTO_TEST_CASE(below_the_minimum_nothing_is_compressed) {
    asking small("gzip");
    compression.answer(small.exchange, "text/plain", text_of(99));
    BOOST_TEST(small.body() == text_of(99));
    BOOST_TEST(!small.has("Vary"));
    asking enough("gzip");
    compression.answer(enough.exchange, "text/plain", text_of(100));
    BOOST_TEST(enough.has("Content-Encoding: gzip"));
}

// Each of them keeps its text in memory.
BOOST_AUTO_TEST_CASE(behind_several_long_bodies_one_more_goes_as_it_is) {
    const auto text = text_of(20'000);
    std::vector<std::unique_ptr<asking>> all;
    for (std::size_t i = 0; i <= http::compressor::jobs_max; ++i) {
        all.push_back(std::make_unique<asking>("gzip"));
        compression.answer(all.back()->exchange, "text/plain", text);
    }
    BOOST_TEST(!all.front()->exchange.answered());
    BOOST_TEST(all.back()->body() == text);
    BOOST_TEST(all.back()->has("Vary: Accept-Encoding\r\n"));
    turn_all();
    for (std::size_t i = 0; i < http::compressor::jobs_max; ++i)
        BOOST_TEST(unpacked(all[i]->body()) == text);
}

BOOST_AUTO_TEST_CASE(switched_off_it_does_nothing) {
    http::compressor off({.enabled = false}, queue, core::nanoseconds(0));
    asking client("gzip");
    off.answer(client.exchange, "text/plain", text_of(5000));
    BOOST_TEST(client.body() == text_of(5000));
    BOOST_TEST(!client.has("Vary"));
}

BOOST_AUTO_TEST_CASE(head_has_the_same_header) {
    asking get("gzip");
    compression.answer(get.exchange, "text/plain", text_of(5000));
    asking head("gzip", http::method::head);
    compression.answer(head.exchange, "text/plain", text_of(5000));
    BOOST_TEST(head.out == get.out.substr(0, get.out.find("\r\n\r\n") + 4));
}

BOOST_AUTO_TEST_CASE(a_long_body_takes_turns) {
    const auto text = text_of(200'000);
    asking client("gzip");
    compression.answer(client.exchange, "text/plain", text, "Age: 1\r\n");
    BOOST_TEST(!client.exchange.answered());
    BOOST_TEST(turn_all() == 50); // 200,000 bytes in pieces of 4096, and the end
    BOOST_TEST(unpacked(client.body()) == text);
    BOOST_TEST(client.has("Age: 1\r\n"));
}

BOOST_AUTO_TEST_CASE(long_bodies_have_the_stream_one_after_the_other_and_short_ones_do_not_wait) {
    const auto text = text_of(100'000);
    std::vector<std::unique_ptr<asking>> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(std::make_unique<asking>("gzip"));
        compression.answer(clients.back()->exchange, "text/plain", text + std::to_string(i));
    }
    box.receive();
    asking quick("gzip");
    compression.answer(quick.exchange, "text/plain", text_of(2000));
    BOOST_TEST(quick.body() == text_of(2000));
    http::kept_gzip kept;
    asking other("gzip");
    BOOST_TEST(!compression.choose(other.exchange, kept, "1", text_of(2000)).compressed);
    turn_all();
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(unpacked(clients[static_cast<std::size_t>(i)]->body()) ==
                   text + std::to_string(i));
}

BOOST_AUTO_TEST_CASE(a_kept_body_is_compressed_once_for_each_version) {
    http::kept_gzip kept;
    asking client("gzip");
    const auto first = compression.choose(client.exchange, kept, "1", text_of(500));
    BOOST_TEST(first.compressed);
    BOOST_TEST(unpacked(first.bytes) == text_of(500));
    // The text is not examined again for the same version.
    BOOST_TEST(unpacked(compression.choose(client.exchange, kept, "1", text_of(600)).bytes) ==
               text_of(500));
    BOOST_TEST(unpacked(compression.choose(client.exchange, kept, "2", text_of(600)).bytes) ==
               text_of(600));
    asking plain("");
    BOOST_TEST(!compression.choose(plain.exchange, kept, "2", text_of(600)).compressed);
}

BOOST_AUTO_TEST_SUITE_END()
