#include <latchkey/crypto/digest.hpp>
#include <latchkey/http/public_api.hpp>

#include <latchkey/http/endpoints/verify_batch.hpp>

#include <latchkey/crypto/password_hash.hpp>

#include "support_quiet.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace latchkey;
using namespace std::string_literals;

namespace {

// Holds on to look-ups until the test has them answered.
struct fake_store final : auth::store {
    std::map<core::fingerprint, std::string> keys; ///< key ids
    std::vector<auth::api_key_lookup*> asked;
    std::map<core::fingerprint, auth::device_facts> devices;
    std::vector<auth::device_lookup*> devices_asked;
    std::size_t asked_in_all = 0;
    bool away = false;

    void find_api_key(auth::api_key_lookup& l) override {
        ++asked_in_all;
        asked.push_back(&l);
    }
    void find_device(auth::device_lookup& l) override { devices_asked.push_back(&l); }
    void answer_all() {
        for (auto* l : std::exchange(asked, {})) {
            const auto found = keys.find(l->key);
            l->status = away                  ? auth::lookup_status::unavailable
                        : found == keys.end() ? auth::lookup_status::absent
                                              : auth::lookup_status::found;
            l->record.reset();
            if (l->status == auth::lookup_status::found) {
                auth::api_key_facts facts;
                facts.key_id = found->second;
                facts.scopes = {"read"};
                l->record = std::make_shared<const auth::api_key_record>(std::move(facts));
            }
            l->complete();
        }
        for (auto* l : std::exchange(devices_asked, {})) {
            const auto found = devices.find(l->key);
            const bool there = found != devices.end();
            l->status = there ? auth::lookup_status::found : auth::lookup_status::absent;
            l->record =
                there ? std::make_shared<const auth::device_record>(found->second) : nullptr;
            l->complete();
        }
    }
};

http::configuration small_limits() {
    http::configuration limits;
    limits.batch_items_max = 20;
    limits.body_bytes_max = 1024;
    limits.batch_scrypt_max = 2;
    return limits;
}

// One worker, with `turn` for its event loop.
struct one_worker {
    one_worker()
        : beliefs({}, 1, 7),
          home(beliefs.api_keys, beliefs.devices, beliefs.tokens.shard(0), 0, beliefs.settings,
               store, [] {}),
          passwords({}, 1, [](const crypto::password_hash&, std::string_view) { return true; }),
          api(beliefs, 0, passwords, {}, {}, status, small_limits()) {
        beliefs.homes.push_back(&home);
        beliefs.known.publish(core::moment::now());
        for (const auto name : {"key-one-1", "key-two-2", "key-three-3"})
            store.keys[*api.verifier.fingerprint(name)] = name;
    }
    bool turn() { return home.box().receive(); }
    void make_device(const std::string& id, std::string_view stored) {
        auth::device_facts facts;
        facts.device_id = id;
        facts.secret = auth::stored_secret::parse(stored, {});
        store.devices[crypto::sha256(id)] = std::move(facts);
    }

    fake_store store;
    test::no_status status;
    auth::beliefs beliefs;
    auth::home_core home;
    auth::scrypt_pool passwords;
    http::public_api api;
};

// A connection with one request.
struct asker final : http::waker {
    asker(one_worker& w, std::string text, std::string cache_control = {})
        : worker(w), body(std::move(text)), control(std::move(cache_control)) {
        request.method = http::method::post;
        request.path = "/api/v1/auth/verify-batch";
        request.body = body;
        request.has_content_length = true;
        request.fields[static_cast<std::size_t>(http::field::content_type)] = "application/json";
        request.fields[static_cast<std::size_t>(http::field::cache_control)] = control;
        worker.api.handle(ex);
        waiting = ex.take_pending();
    }
    void wake() override {
        ++turns;
        auto* p = std::exchange(waiting, nullptr);
        BOOST_REQUIRE(p);
        p->finish(ex);
        waiting = ex.take_pending();
    }
    /// Runs the loop until it is answered; look-ups are answered when nothing else is to do.
    std::string answer() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!ex.answered() && std::chrono::steady_clock::now() < end)
            if (!worker.turn()) worker.store.answer_all();
        BOOST_TEST(ex.answered());
        return out.substr(out.find("\r\n\r\n") + 4);
    }
    std::vector<std::string> codes() {
        std::vector<std::string> all;
        const auto parsed = boost::json::parse(answer());
        for (const auto& r : parsed.as_object().at("results").as_array())
            all.emplace_back(r.as_object().at("code").as_string());
        return all;
    }

    one_worker& worker;
    const std::string body;
    const std::string control;
    http::request request;
    std::string out;
    http::answer_terms terms;
    http::exchange ex{request, "id", out, terms, false, *this, true};
    http::pending* waiting = nullptr;
    int turns = 0;
};

std::string item(std::string_view key, std::string_view more = {}) {
    return R"({"type":"api_key","api_key":")" + std::string(key) + "\"" + std::string(more) + "}";
}
std::string device(std::string_view id, std::string_view secret, std::string_view more = {}) {
    return R"({"type":"device","device_id":")" + std::string(id) + R"(","device_secret":")" +
           std::string(secret) + "\"" + std::string(more) + "}";
}

std::string batch_of(const std::vector<std::string>& items) {
    std::string out = R"({"items":[)";
    for (const auto& i : items)
        out += (out.back() == '[' ? "" : ",") + i;
    return out + "]}";
}
std::vector<std::string> codes(one_worker& w, const std::vector<std::string>& items) {
    return asker(w, batch_of(items)).codes();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(verify_batch, one_worker)

BOOST_AUTO_TEST_CASE(answers_come_in_order_whether_they_waited_or_not) {
    BOOST_TEST(codes(*this, {item("key-two-2")}).front() == "VALID");
    const auto mixed = batch_of({item("short"), item("key-one-1"), item("key-two-2"),
                                 item("nobodys-key"), item("key-three-3", R"(,"scopes":["w"])"),
                                 item("key-three-3", R"(,"scopes":["read"])"), item("key-two-2")});
    for (int round = 0; round < 2; ++round) {
        const auto got = asker(*this, mixed).answer();
        std::string expected = R"({"results":[{"valid":false,"code":"INVALID_FORMAT"},)";
        const auto valid = [&](const char* name) {
            auth::api_key_facts facts;
            facts.key_id = name;
            facts.scopes = {"read"};
            expected += auth::api_key_record(facts).answer() + ",";
        };
        valid("key-one-1");
        valid("key-two-2");
        expected += R"({"valid":false,"code":"NOT_FOUND"},)";
        expected += R"({"valid":false,"code":"INSUFFICIENT_SCOPES"},)";
        valid("key-three-3");
        valid("key-two-2");
        expected.back() = ']';
        expected += R"(,"valid_count":4,"invalid_count":3,"undecided_count":0})";
        BOOST_TEST(got == expected);
    }
}

BOOST_AUTO_TEST_CASE(all_are_asked_before_any_is_waited_for_and_duplicates_once) {
    asker a(*this, batch_of({item("key-one-1"), item("key-two-2"), item("key-one-1"),
                             item("nobodys-key"), item("key-one-1"), item("key-two-2")}));
    while (turn()) {
    }
    BOOST_TEST(store.asked.size() == 3u);
    BOOST_TEST(!a.ex.answered());
    BOOST_TEST(a.codes() == (std::vector<std::string>{"VALID", "VALID", "VALID", "NOT_FOUND",
                                                      "VALID", "VALID"}),
               boost::test_tools::per_element());
    BOOST_TEST(store.asked_in_all == 3u);
}

// Two batches share the room; each key is asked for, and never more of them at a time.
BOOST_AUTO_TEST_CASE(batches_wait_for_room_among_the_look_ups) {
    api.limits.batch_lookups_max = 3;
    const auto numbered = [](const std::string& name) {
        std::vector<std::string> items;
        for (int i = 0; i < 17; ++i)
            items.push_back(item(name + std::to_string(i)));
        return batch_of(items);
    };
    asker first(*this, numbered("a-foreign-key-"));
    asker second(*this, numbered("another-key-"));
    std::size_t most = 0;
    for (int i = 0; i < 1000 && !(first.ex.answered() && second.ex.answered()); ++i) {
        most = std::max(most, store.asked.size());
        if (!turn()) store.answer_all();
    }
    BOOST_TEST(most == 3u);
    BOOST_TEST(store.asked_in_all == 34u);
    for (auto* one : {&first, &second})
        BOOST_TEST(std::ranges::count(one->codes(), "NOT_FOUND") == 17);
}

// The password that all of them wait for is known once the first of them has asked: then the others
// need no room, and let the next ones in.
BOOST_AUTO_TEST_CASE(who_needs_no_room_passes_it_on) {
    api.limits.batch_lookups_max = 1;
    make_device("dev_1", crypto::hash_password("x", {4, 1, 1}).value());
    BOOST_TEST(codes(*this, {device("dev_1", "once")}).front() == "VALID");
    const auto body = batch_of({device("dev_1", "again")});
    std::vector<std::unique_ptr<asker>> all;
    for (int i = 0; i < 5; ++i)
        all.push_back(std::make_unique<asker>(*this, body));
    for (auto& one : all)
        BOOST_TEST(one->codes().front() == "VALID");
}

BOOST_AUTO_TEST_CASE(what_is_refused_as_a_whole_was_no_use_of_any_key) {
    BOOST_TEST(codes(*this, {item("key-one-1")}).front() == "VALID");
    std::vector<std::string> many(api.limits.batch_items_max + 1, item("key-one-1"));
    BOOST_TEST(asker(*this, batch_of(many)).answer().find("server.batch_items_max") !=
               std::string::npos);
    BOOST_TEST(asker(*this, R"({"items":[)" + item("key-one-1") + ",").answer().find("not JSON") !=
               std::string::npos);
    const auto valid = static_cast<std::size_t>(auth::verdict::valid);
    BOOST_TEST(api.metrics.api_keys.verdicts[valid].value() == 1u);
}

BOOST_AUTO_TEST_CASE(past_the_bound_on_batches_one_more_is_refused) {
    api.limits.batches_max = 1;
    asker first(*this, batch_of({item("key-one-1")}));
    asker second(*this, batch_of({item("key-one-1")}));
    BOOST_TEST(second.ex.status() == 503);
    BOOST_TEST(second.out.find("Retry-After: 1\r\n") != std::string::npos);
    BOOST_TEST(second.out.find("server.batches_max") != std::string::npos);
    BOOST_TEST(first.codes().at(0) == "VALID");
    BOOST_TEST(codes(*this, {item("key-one-1")}).at(0) == "VALID");
}

BOOST_AUTO_TEST_CASE(what_the_caller_allows_holds_for_every_item) {
    const auto two = batch_of({item("key-one-1"), item("key-two-2")});
    asker(*this, two).answer();
    asker(*this, two).answer();
    BOOST_TEST(store.asked_in_all == 2u);
    BOOST_TEST(asker(*this, two, "no-cache").codes().size() == 2u);
    BOOST_TEST(store.asked_in_all == 4u);
    asker(*this, batch_of({item("key-three-3")}), "no-store").answer();
    asker(*this, batch_of({item("key-three-3")})).answer();
    BOOST_TEST(store.asked_in_all == 6u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decided_is_said_for_the_item_alone) {
    BOOST_TEST(codes(*this, {item("key-one-1")}).front() == "VALID");
    store.away = true;
    const auto got = asker(*this, batch_of({item("key-two-2"), item("key-one-1")})).answer();
    BOOST_TEST(
        got.starts_with(R"({"results":[{"valid":false,"code":"UNAVAILABLE"},{"valid":true)"));
    BOOST_TEST(got.ends_with(R"("valid_count":1,"invalid_count":0,"undecided_count":1})"));
}

BOOST_AUTO_TEST_CASE(a_malformed_item_spoils_only_itself) {
    const std::string bad[] = {
        "7",
        "null",
        "\"text\"",
        "[]",
        "{}",
        R"({"api_key":"key-one-1"})",
        R"({"type":"api_key"})",
        R"({"type":"api-key","api_key":"key-one-1"})",
        R"({"type":7,"api_key":"key-one-1"})",
        R"({"type":"api_key","api_key":7})",
        R"({"type":"api_key","api_key":{"a":[1,{"b":"]}"}]}})",
        R"({"type":"api_key","api_key":"key-one-1","api_key":"key-one-1"})",
        R"({"type":"api_key","type":"api_key","api_key":"key-one-1"})",
        item("key-one-1", R"(,"unknown":1)"),
        item("key-one-1", R"(,"token":"a")"),
        item("key-one-1", R"(,"audience":"a")"),
        item("key-one-1", R"(,"scopes":"read")"),
        item("key-one-1", R"(,"scopes":[1])"),
        item("key-one-1", R"(,"ip":"1.2.3")"),
        item("key-one-1", R"(,"cost":0)"),
        item("key-one-1", R"(,"cost":1.5)"),
        R"({"type":"token"})",
        R"({"type":"token","token":"a","ip":"1.2.3.4"})",
        R"({"type":"token","token":"a","api_key":"key-one-1"})",
        R"({"type":"device","device_id":"a"})",
        R"({"type":"device","device_secret":"a"})",
        R"({"type":"device","device_id":"a","device_secret":"a","issue_token":1})",
        item(std::string(1024, 'a')), // longer than one question may be
        item("a", ",\"x\":" + std::string(20, '[') + std::string(20, ']')),
    };
    BOOST_TEST(codes(*this, {item("key-one-1")}).front() == "VALID");
    for (const auto& b : bad) {
        BOOST_TEST_CONTEXT(b) {
            const auto got = codes(*this, {item("key-one-1"), b, item("key-one-1")});
            BOOST_TEST(got == (std::vector<std::string>{"VALID", "INVALID_FORMAT", "VALID"}),
                       boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(escapes_and_utf_8_are_read_as_elsewhere) {
    BOOST_TEST(codes(*this, {R"({"ty\u0070e":"api\u005fkey","api_key":"key\u002done-1"})",
                             item("key-one-1", R"(,"scopes":["r\u0065ad"])"),
                             item("key-one-1", ",\"scopes\":[\"\xc3\xa9\"]")}) ==
                   (std::vector<std::string>{"VALID", "VALID", "INSUFFICIENT_SCOPES"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_that_is_refused_as_a_whole) {
    const std::string bodies[] = {
        "",
        "[]",
        R"({"items":[]})",
        R"({"items":{}})",
        R"({"items":[)" + item("key-one-1") + "]",
        R"({"items":[)" + item("key-one-1") + R"(],"more":1})",
        batch_of({item("key-one-1"), "tru"}),
        batch_of({item("key-one-1"), R"({"type":"api_key","api_key":tru})"}),
        batch_of({item("key-one-1"), R"({"unknown":1,"b":01})"}),
        batch_of({item("key-one-1"), "{\"unknown\":\"\xff\"}"}),
        batch_of({item("key-one-1"), R"({"unknown":"\q"})"}),
        batch_of({"{\"x\":\"" + std::string(40000, 'a') + "\\q\"}"}),
        batch_of(std::vector<std::string>(21, item("key-one-1"))),
    };
    for (const auto& body : bodies) {
        BOOST_TEST_CONTEXT(body.substr(0, 200)) {
            asker a(*this, body);
            a.answer();
            BOOST_TEST(a.ex.status() == 400);
            BOOST_TEST(store.asked_in_all == 0u);
        }
    }
    BOOST_TEST(codes(*this, std::vector<std::string>(20, item("key-one-1"))).size() == 20u);
}

BOOST_AUTO_TEST_CASE(neighbours_have_their_turn_between_slices) {
    api.batch_slice = core::nanoseconds(0);
    const auto many = batch_of(std::vector<std::string>(20, item("key-one-1")));
    asker(*this, many).answer();
    asker a(*this, many);
    asker b(*this, many);
    // Neither has begun before the loop went on, and in each of its turns one of them does.
    BOOST_TEST(a.turns + b.turns == 0);
    for (int n = 1; n <= 4; ++n) {
        turn();
        BOOST_TEST(a.turns + b.turns == n);
        BOOST_TEST(std::abs(a.turns - b.turns) <= 1);
    }
    BOOST_TEST(a.codes().size() == 20u);
    BOOST_TEST(b.codes().size() == 20u);
    BOOST_TEST(a.turns >= 3);
}

BOOST_AUTO_TEST_CASE(devices_stand_among_the_others) {
    make_device("d1", auth::sha256_form("a-long-secret"));
    const std::vector<std::string> items = {
        device("d1", "a-long-secret"),
        item("key-one-1"),
        device("d1", "another-secret"),
        device("nobody", "a-long-secret"),
        device("d1", "a-long-secret", R"(,"scopes":["w"])"),
        device("", "a-long-secret"),
        device("d1", "a-long-secret", R"(,"issue_token":true)")};
    const std::vector<std::string> expected = {"VALID",
                                               "VALID",
                                               "INVALID_CREDENTIALS",
                                               "INVALID_CREDENTIALS",
                                               "INSUFFICIENT_SCOPES",
                                               "INVALID_FORMAT",
                                               "UNAVAILABLE"}; // there is nothing to sign with
    BOOST_TEST(codes(*this, items) == expected, boost::test_tools::per_element());
    BOOST_TEST(codes(*this, items) == expected, boost::test_tools::per_element());
}

// The third device's secret is not computed: until it is asked about in another batch.
BOOST_AUTO_TEST_CASE(a_batch_buys_few_passwords) {
    std::vector<std::string> items;
    for (const auto id : {"d1", "d2", "d3"}) {
        make_device(id, crypto::hash_password(id, {4, 1, 1}).value());
        items.push_back(device(id, "chosen"));
    }
    auto got = codes(*this, items);
    BOOST_TEST(std::ranges::count(got, "VALID") == 2);
    BOOST_TEST(std::ranges::count(got, "UNAVAILABLE") == 1);
    got = codes(*this, items);
    BOOST_TEST(std::ranges::count(got, "VALID") == 3);
}

BOOST_AUTO_TEST_CASE(slices_do_not_change_the_answer) {
    const std::vector<std::string> items = {item("key-one-1"), "7", item("nobodys-key"),
                                            item("key-two-2"), item("key-one-1")};
    const auto whole = asker(*this, batch_of(items)).answer();
    api.batch_slice = core::nanoseconds(0);
    BOOST_TEST(asker(*this, batch_of(items), "no-cache").answer() == whole);
    BOOST_TEST(asker(*this, batch_of(items)).answer() == whole);
}

BOOST_AUTO_TEST_SUITE_END()
