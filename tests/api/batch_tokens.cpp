// Tokens in batches: each is checked once, and waits for its issuer's keys as a single one does.
#include "../auth/support_token_verifier.hpp"
#include "support_batch.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

std::string token_item(const std::string& token, std::string_view more = {}) {
    return R"({"type":"token","token":")" + token + "\"" + std::string(more) + "}";
}

// Holds requests for keys until the test has them answered.
struct fake_supply final : auth::jwks_source {
    core::mailbox& box() noexcept override { return mail; }
    void asked(auth::jwks_inquiry& inquiry) noexcept override { waiting.push_back(&inquiry); }
    void answer_all() {
        for (auto* one : std::exchange(waiting, {}))
            one->answer_box->send(*one);
    }
    core::mailbox mail{[] {}};
    std::vector<auth::jwks_inquiry*> waiting;
};

// A worker that trusts an issuer whose keys are fetched.
struct fetching_worker : batch_worker {
    fetching_worker() {
        state.jwks = &supply;
        publish({named(rsa_public_key(), "r1")});
    }
    void publish(const std::vector<boost::json::object>& keys) {
        auto all = trusting(usual_rules(), keys)->all();
        all[0].keys_as_of = core::moment::now();
        all[0].fetching = fetching;
        state.issuers.publish(std::make_shared<const auth::issuer_set>(std::move(all)));
    }
    void run() {
        while (turn() || supply.mail.receive()) {
        }
    }
    std::string token(const std::string& key_id, const std::string& more = "") const {
        return rsa_token(R"({"alg":"RS256","kid":")" + key_id + R"("})", claims_text(more));
    }

    fake_supply supply;
    std::shared_ptr<auth::jwks_fetching> fetching = std::make_shared<auth::jwks_fetching>();
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(batch_tokens, fetching_worker)

BOOST_AUTO_TEST_CASE(a_batch_waits_for_the_keys_that_its_tokens_need) {
    const auto fresh = token("r2");
    batch_asker a(*this, batch_of({token_item(fresh), item("nobodys-key"), token_item(token("r1")),
                                   token_item(fresh), token_item(token("r3"))}));
    run();
    store.answer();
    run();
    BOOST_TEST(!a.ex.answered());
    BOOST_TEST(supply.waiting.size() == 3u);
    publish({named(rsa_public_key(), "r2"), named(ec_public_key(), "e1")});
    fetching->ended(true, core::boot_time::max());
    supply.answer_all();
    BOOST_TEST(a.codes() == (std::vector<std::string>{"VALID", "NOT_FOUND", "VALID", "VALID",
                                                      "UNKNOWN_KEY_ID"}),
               boost::test_tools::per_element());
    BOOST_TEST(api.batches.waiting_for_keys == 0u);
    BOOST_TEST(api.metrics.tokens.good_checks.value() == 2u);
    // Before another fetch may begin, none is asked for.
    BOOST_TEST(codes(*this, {token_item(token("r4"))}).front() == "UNKNOWN_KEY_ID");
    BOOST_TEST(supply.mail.receive() == false);
}

BOOST_AUTO_TEST_CASE(without_an_answer_its_tokens_are_undecided) {
    batch_asker a(*this, batch_of({token_item(token("r2")), token_item(token("r1"))}));
    run();
    fetching->ended(false, core::boot_time::max());
    supply.answer_all();
    const auto got = a.answer();
    BOOST_TEST(
        got.starts_with(R"({"results":[{"valid":false,"code":"UNAVAILABLE"},{"valid":true)"));
    BOOST_TEST(got.ends_with(R"("undecided_count":1})"));
    const auto again = batch_asker(*this, batch_of({token_item(token("r2"))})).answer();
    BOOST_TEST(again.ends_with(R"("undecided_count":1})"));
}

// Nobody waits for those fetches, so nothing else bounds them.
BOOST_AUTO_TEST_CASE(whoever_ends_tokens_asks_for_few_fetches_at_once) {
    for (int n = 0; n < 20; ++n) {
        batch_asker a(*this, R"({"token":")" + token("r" + std::to_string(100 + n)) + "\"}", {},
                      "/api/v1/auth/revoke");
        BOOST_TEST(a.ex.answered());
    }
    run();
    BOOST_TEST(supply.waiting.size() == 16u);
    supply.answer_all();
    run();
    BOOST_TEST(api.jwks_nudges.lent() == 0u);
}

// What is asked about a token stays with it while it waits.
BOOST_AUTO_TEST_CASE(a_token_that_waited_is_judged_by_its_request) {
    const auto fresh = token("r2", R"(,"scope":"r")");
    batch_asker a(*this, batch_of({token_item(fresh, R"(,"scopes":["r"])"),
                                   token_item(fresh, R"(,"scopes":["r","w"])"),
                                   token_item(fresh, R"(,"audience":"web")"),
                                   token_item(fresh, R"(,"audience":"api")")}));
    run();
    publish({named(rsa_public_key(), "r2")});
    fetching->ended(true, core::boot_time::max());
    supply.answer_all();
    BOOST_TEST(a.codes() == (std::vector<std::string>{"VALID", "INSUFFICIENT_SCOPES",
                                                      "AUDIENCE_MISMATCH", "VALID"}),
               boost::test_tools::per_element());
}

// Forged tokens can hold up at most half of the batches; look-ups go on beside them.
BOOST_AUTO_TEST_CASE(batches_that_wait_for_keys_leave_room_for_others) {
    api.batches.limits.batches_max = 3;
    api.batches.limits.lookups_max = 1;
    const auto body = batch_of({token_item(token("r2"))});
    batch_asker first(*this, body);
    batch_asker second(*this, body);
    run();
    BOOST_TEST(supply.waiting.size() == 2u);
    batch_asker third(*this, body);
    run();
    BOOST_TEST(third.codes().front() == "UNAVAILABLE"); // but the keys are fetched
    BOOST_TEST(codes(*this, {item("key-one-1")}).front() == "VALID");
    BOOST_TEST(codes(*this, {item("key-two-2")}).front() == "VALID");
    BOOST_TEST(!first.ex.answered());
    fetching->ended(true, core::boot_time::max());
    supply.answer_all();
    BOOST_TEST(first.codes().front() == "UNKNOWN_KEY_ID");
    BOOST_TEST(second.codes().front() == "UNKNOWN_KEY_ID");
    BOOST_TEST(api.batches.waiting_for_keys == 0u);
}

BOOST_AUTO_TEST_CASE(duplicates_are_checked_once_whatever_the_cache_may_do) {
    auto made_up = token("r1", R"(,"sub":"x")");
    made_up[made_up.size() - 20] = made_up[made_up.size() - 20] == 'A' ? 'B' : 'A';
    const auto expired = rsa_token(
        good_header,
        R"({"iss":"https://issuer.example","aud":"api","iat":1700000000,"exp":1700000060})");
    const auto good_token = token("r1");
    std::vector<std::string> items;
    for (int i = 0; i < 6; ++i)
        for (const auto& one : {good_token, expired, made_up})
            items.push_back(token_item(one));
    const auto& cells = api.metrics.tokens;
    for (const auto* control : {"", "no-cache", "no-store", "no-cache, no-store"}) {
        const auto good = cells.good_checks.value();
        const auto bad = cells.bad_checks.value();
        const auto got = batch_asker(*this, batch_of(items), control).codes();
        BOOST_TEST(std::ranges::count(got, "VALID") == 6);
        BOOST_TEST(std::ranges::count(got, "EXPIRED") == 6);
        BOOST_TEST(std::ranges::count(got, "SIGNATURE_INVALID") == 6);
        BOOST_TEST(cells.good_checks.value() - good <= 2u);
        BOOST_TEST(cells.bad_checks.value() - bad == 1u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
