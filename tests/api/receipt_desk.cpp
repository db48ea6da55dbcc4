// Questions that carry a receipt: they wait for the change, within bounds of time and number.
#include "api/public/receipt_desk.hpp"

#include "support_batch.hpp"

#include <boost/test/unit_test.hpp>

#include <list>
#include <string>

using namespace latchkey;
using namespace latchkey::test;

namespace {

const crypto::secret our_key(std::string(32, 'k'));

auth::change_position change(std::uint64_t transaction) {
    return {"place", "era", transaction};
}
std::string receipt(std::uint64_t transaction) {
    return auth::encode_receipt(auth::receipt_of(change(transaction)), our_key);
}

struct worker_with_feed : batch_worker {
    worker_with_feed() {
        state.applied.set_key(our_key, {"era"});
        applied_to(10);
    }
    /// All transactions before this one have been applied.
    void applied_to(std::uint64_t transaction) {
        const auto number = std::to_string(transaction);
        state.applied.publish(
            "place", std::string("era"),
            auth::transaction_snapshot::parse(number + ':' + number + ':').value());
    }
};

struct asker final : http::waker {
    asker(batch_worker& worker, const std::string& receipts, const char* key = "key-one-1")
        : body(R"({"api_key":")" + std::string(key) + "\"}"),
          lines("X-Latchkey-Receipt: " + receipts + "\r\n") {
        request.method = http::method::post;
        request.path = "/api/v1/auth/verify-api-key";
        request.body = body;
        request.lines = lines;
        request.has_receipt = true;
        request.has_content_length = true;
        request.fields[static_cast<std::size_t>(http::field::content_type)] = "application/json";
        ex.origin = &origin;
        worker.api.handle(ex);
        waiting = ex.take_pending();
        go_on();
    }
    void wake() override {
        woken = true;
        go_on();
    }
    void go_on() {
        while (woken && waiting) {
            woken = false;
            auto* p = std::exchange(waiting, nullptr);
            p->finish(ex);
            waiting = ex.take_pending();
        }
    }

    std::string body;
    std::string lines;
    http::request request;
    std::string out;
    http::answer_terms terms;
    const http::trust rules{{}, {}, true};
    const http::client_origin origin{std::nullopt, rules};
    bool woken = false;
    http::pending* waiting = nullptr;
    http::exchange ex{request, "id", out, terms, false, *this};
};

void settle(worker_with_feed& worker) {
    for (int i = 0; i < 20; ++i)
        if (!worker.turn()) worker.store.answer();
}

} // namespace

BOOST_AUTO_TEST_SUITE(receipt_desk)

BOOST_AUTO_TEST_CASE(a_change_that_is_applied_delays_nothing) {
    worker_with_feed worker;
    asker ask(worker, receipt(9));
    settle(worker);
    BOOST_TEST(ask.ex.status() == 200);
    BOOST_TEST(worker.api.receipts->waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(a_question_waits_until_its_change_comes) {
    worker_with_feed worker;
    asker first(worker, receipt(10));
    asker later(worker, receipt(11));
    asker both(worker, receipt(10) + ", " + receipt(11));
    settle(worker);
    for (const auto* one : {&first, &later, &both})
        BOOST_TEST(!one->ex.answered());
    worker.applied_to(11);
    settle(worker);
    BOOST_TEST(first.ex.status() == 200);
    BOOST_TEST(!later.ex.answered());
    BOOST_TEST(!both.ex.answered());
    worker.applied_to(12);
    settle(worker);
    BOOST_TEST(later.ex.status() == 200);
    BOOST_TEST(both.ex.status() == 200);
    BOOST_TEST(worker.api.receipts->waiting() == 0u);
    BOOST_TEST(worker.api.receipts->waits.lent() == 0u);
}

BOOST_AUTO_TEST_CASE(it_waits_for_a_second_at_most) {
    worker_with_feed worker;
    const auto begun = core::steady_now();
    asker ask(worker, receipt(10));
    worker.api.tick(begun + core::milliseconds(999));
    BOOST_TEST(!ask.ex.answered());
    worker.api.tick(core::steady_now() + core::milliseconds(1000));
    BOOST_TEST(ask.ex.status() == 503);
    BOOST_TEST(ask.out.find("Retry-After: 1\r\n") != std::string::npos);
    BOOST_TEST(worker.api.receipts->waits.lent() == 0u);
}

BOOST_AUTO_TEST_CASE(one_too_many_is_refused_at_once) {
    worker_with_feed worker;
    auth::configuration settings;
    settings.receipt_waits_max = 2;
    worker.api.configure(settings, small_limits(), small_batches(), {}, {});
    std::list<asker> waiting;
    for (int i = 0; i < 3; ++i)
        waiting.emplace_back(worker, receipt(10));
    BOOST_TEST(waiting.back().ex.status() == 503);
    BOOST_TEST(worker.api.receipts->waiting() == 2u);
    // One whose change is here needs no place.
    asker another(worker, receipt(9));
    settle(worker);
    BOOST_TEST(another.ex.status() == 200);
    worker.applied_to(11);
    settle(worker);
    BOOST_TEST(waiting.front().ex.status() == 200);
}

BOOST_AUTO_TEST_CASE(nothing_counts_while_everything_is_read_anew) {
    worker_with_feed worker;
    worker.state.applied.lose();
    asker ask(worker, receipt(9));
    BOOST_TEST(!ask.ex.answered());
    worker.applied_to(11);
    settle(worker);
    BOOST_TEST(ask.ex.status() == 200);
}

BOOST_AUTO_TEST_CASE(what_is_no_receipt_is_refused) {
    worker_with_feed worker;
    for (const auto& text : {std::string(), std::string("x"), receipt(9) + ",x", "," + receipt(9)})
        BOOST_TEST_CONTEXT(text)
    BOOST_TEST(asker(worker, text).ex.status() == 400);
    // Without the key nobody can tell.
    batch_worker bare;
    BOOST_TEST(asker(bare, receipt(9)).ex.status() == 503);
}

BOOST_AUTO_TEST_SUITE_END()
