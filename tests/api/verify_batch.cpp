#include "support_batch.hpp"

#include <latchkey/crypto/password_hash.hpp>

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::string_literals;

BOOST_FIXTURE_TEST_SUITE(verify_batch, batch_worker)

BOOST_AUTO_TEST_CASE(answers_come_in_order_whether_they_waited_or_not) {
    BOOST_TEST(codes(*this, {item("key-two-2")}).front() == "VALID");
    const auto mixed = batch_of({item("short"), item("key-one-1"), item("key-two-2"),
                                 item("nobodys-key"), item("key-three-3", R"(,"scopes":["w"])"),
                                 item("key-three-3", R"(,"scopes":["read"])"), item("key-two-2")});
    for (int round = 0; round < 2; ++round) {
        const auto got = batch_asker(*this, mixed).answer();
        std::string expected = R"({"results":[{"valid":false,"code":"INVALID_FORMAT",)"
                               R"("detail":"it is shorter than 8 characters"},)";
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
    batch_asker a(*this, batch_of({item("key-one-1"), item("key-two-2"), item("key-one-1"),
                                   item("nobodys-key"), item("key-one-1"), item("key-two-2")}));
    while (turn()) {
    }
    BOOST_TEST(store.asked_keys.size() == 3u);
    BOOST_TEST(!a.ex.answered());
    BOOST_TEST(a.codes() == (std::vector<std::string>{"VALID", "VALID", "VALID", "NOT_FOUND",
                                                      "VALID", "VALID"}),
               boost::test_tools::per_element());
    BOOST_TEST(store.key_look_ups == 3u);
}

// Two batches share the room. Every key is looked up, and never more than `lookups_max` at a time.
BOOST_AUTO_TEST_CASE(batches_wait_for_room_among_the_look_ups) {
    api.batches.limits.lookups_max = 3;
    const auto numbered = [](const std::string& name) {
        std::vector<std::string> items;
        for (int i = 0; i < 17; ++i)
            items.push_back(item(name + std::to_string(i)));
        return batch_of(items);
    };
    batch_asker first(*this, numbered("a-foreign-key-"));
    batch_asker second(*this, numbered("another-key-"));
    std::size_t most = 0;
    for (int i = 0; i < 1000 && !(first.ex.answered() && second.ex.answered()); ++i) {
        most = std::max(most, store.asked_keys.size());
        if (!turn()) store.answer();
    }
    BOOST_TEST(most == 3u);
    BOOST_TEST(store.key_look_ups == 34u);
    for (auto* one : {&first, &second})
        BOOST_TEST(std::ranges::count(one->codes(), "NOT_FOUND") == 17);
}

// The password that all of them wait for is known once the first of them has asked. Then the others
// need no room and let the next ones in.
BOOST_AUTO_TEST_CASE(who_needs_no_room_passes_it_on) {
    api.batches.limits.lookups_max = 1;
    make_device("dev_1", crypto::hash_password("x", {4, 1, 1}).value());
    BOOST_TEST(codes(*this, {device("dev_1", "once")}).front() == "VALID");
    const auto body = batch_of({device("dev_1", "again")});
    std::vector<std::unique_ptr<batch_asker>> all;
    for (int i = 0; i < 5; ++i)
        all.push_back(std::make_unique<batch_asker>(*this, body));
    for (auto& one : all)
        BOOST_TEST(one->codes().front() == "VALID");
}

// The last answer may come when a batch has asked everything and waits for its turn behind others.
BOOST_AUTO_TEST_CASE(answers_that_come_between_turns_wake_a_batch_once) {
    api.batches.slice = core::nanoseconds(0);
    for (int n = 1; n <= 20; ++n) {
        std::vector<std::unique_ptr<batch_asker>> all;
        for (const auto name : {"a-foreign-key-", "another-key-", "one-more-key-"}) {
            std::vector<std::string> items;
            for (int i = 0; i < n; ++i)
                items.push_back(item(name + std::to_string(n) + "-" + std::to_string(i)));
            all.push_back(std::make_unique<batch_asker>(*this, batch_of(items)));
        }
        for (int i = 0; i < 100; ++i) {
            turn();
            store.answer();
        }
        for (auto& one : all)
            BOOST_TEST(std::ranges::count(one->codes(), "NOT_FOUND") == n);
    }
}

BOOST_AUTO_TEST_CASE(what_is_refused_as_a_whole_was_no_use_of_any_key) {
    BOOST_TEST(codes(*this, {item("key-one-1")}).front() == "VALID");
    std::vector<std::string> many(api.batches.limits.items_max + 1, item("key-one-1"));
    BOOST_TEST(batch_asker(*this, batch_of(many)).answer().find("server.batch_items_max") !=
               std::string::npos);
    BOOST_TEST(
        batch_asker(*this, R"({"items":[)" + item("key-one-1") + ",").answer().find("not JSON") !=
        std::string::npos);
    const auto valid = static_cast<std::size_t>(auth::verdict::valid);
    BOOST_TEST(api.metrics.api_keys.verdicts[valid].value() == 1u);
}

BOOST_AUTO_TEST_CASE(past_the_bound_on_batches_one_more_is_refused) {
    api.batches.limits.batches_max = 1;
    batch_asker first(*this, batch_of({item("key-one-1")}));
    batch_asker second(*this, batch_of({item("key-one-1")}));
    BOOST_TEST(second.ex.status() == 503);
    BOOST_TEST(second.out.find("Retry-After: 1\r\n") != std::string::npos);
    BOOST_TEST(second.out.find("server.batches_max") != std::string::npos);
    BOOST_TEST(first.codes().at(0) == "VALID");
    BOOST_TEST(codes(*this, {item("key-one-1")}).at(0) == "VALID");
}

BOOST_AUTO_TEST_CASE(what_the_caller_allows_holds_for_every_item) {
    const auto two = batch_of({item("key-one-1"), item("key-two-2")});
    batch_asker(*this, two).answer();
    batch_asker(*this, two).answer();
    BOOST_TEST(store.key_look_ups == 2u);
    BOOST_TEST(batch_asker(*this, two, "no-cache").codes().size() == 2u);
    BOOST_TEST(store.key_look_ups == 4u);
    batch_asker(*this, batch_of({item("key-three-3")}), "no-store").answer();
    batch_asker(*this, batch_of({item("key-three-3")})).answer();
    BOOST_TEST(store.key_look_ups == 6u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_decided_is_said_for_the_item_alone) {
    BOOST_TEST(codes(*this, {item("key-one-1")}).front() == "VALID");
    store.away = true;
    const auto got = batch_asker(*this, batch_of({item("key-two-2"), item("key-one-1")})).answer();
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
            batch_asker a(*this, body);
            a.answer();
            BOOST_TEST(a.ex.status() == 400);
            BOOST_TEST(store.key_look_ups == 0u);
        }
    }
    BOOST_TEST(codes(*this, std::vector<std::string>(20, item("key-one-1"))).size() == 20u);
}

BOOST_AUTO_TEST_CASE(neighbours_have_their_turn_between_slices) {
    api.batches.slice = core::nanoseconds(0);
    const auto many = batch_of(std::vector<std::string>(20, item("key-one-1")));
    batch_asker(*this, many).answer();
    batch_asker a(*this, many);
    batch_asker b(*this, many);
    // Neither begins before the loop runs. Then each turn of the loop is a turn of one of them.
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
                                               "UNAVAILABLE"}; // there is no signing key
    BOOST_TEST(codes(*this, items) == expected, boost::test_tools::per_element());
    BOOST_TEST(codes(*this, items) == expected, boost::test_tools::per_element());
}

// The third device's secret is not computed until another batch asks about it.
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

// Each of them is suspended somewhere else when the worker ends.
BOOST_AUTO_TEST_CASE(a_worker_may_end_while_its_batches_wait) {
    for (int turns = 0; turns < 12; ++turns) {
        batch_worker ending;
        ending.api.batches.limits.lookups_max = 1;
        ending.api.batches.slice = core::nanoseconds(0);
        std::vector<std::unique_ptr<batch_asker>> all;
        for (const auto name : {"key-one-1", "a-foreign-key", "another-key"})
            all.push_back(std::make_unique<batch_asker>(
                ending, batch_of({item(name), item("one-more-key"), "7"})));
        for (int i = 0; i < turns; ++i)
            ending.turn();
        BOOST_TEST(!all.back()->ex.answered());
    }
}

BOOST_AUTO_TEST_CASE(slices_do_not_change_the_answer) {
    const std::vector<std::string> items = {item("key-one-1"), "7", item("nobodys-key"),
                                            item("key-two-2"), item("key-one-1")};
    const auto whole = batch_asker(*this, batch_of(items)).answer();
    api.batches.slice = core::nanoseconds(0);
    BOOST_TEST(batch_asker(*this, batch_of(items), "no-cache").answer() == whole);
    BOOST_TEST(batch_asker(*this, batch_of(items)).answer() == whole);
}

BOOST_AUTO_TEST_SUITE_END()
