// The keeper on a store that answers when the test says so, with `now` as an argument.
#include "../support/by_nobody.hpp"
#include "../support/run_task.hpp"

#include <latchkey/auth/cache/node_state.hpp>
#include <latchkey/auth/token/signing_key_keeper.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;
using crypto::jws_algorithm;
using state = auth::signing_key_state;

namespace {

const core::real_time start = core::real_time(1'800'000'000s);

// The table of signing keys, as one node's calls change it.
struct fake_table final : auth::signing_key_store {
    std::vector<auth::signing_key> rows;
    core::real_time now = start;
    std::vector<std::string> calls;
    std::optional<core::failure> refusal;

    void add(auth::new_signing_key key, state s, std::optional<core::real_time> activates) {
        auth::signing_key row;
        row.times = {key.key_id, key.algorithm, s, now, activates, {}, {}};
        if (s == state::current) row.times.activated_at = now;
        row.public_jwk = key.public_jwk;
        row.sealed = key.sealed;
        row.kek_id = key.kek_id;
        rows.push_back(row);
    }
    auth::signing_key* in(state s) {
        for (auto& row : rows)
            if (row.times.state == s) return &row;
        return nullptr;
    }
    core::result<bool> ended(const char* call) {
        calls.emplace_back(call);
        if (refusal) return *refusal;
        return true;
    }
    auth::operation<std::vector<auth::signing_key>> list_signing_keys() override { co_return rows; }
    // The keys that the feed brings.
    std::vector<auth::signing_key> in_use() const {
        auto out = rows;
        std::erase_if(out, [](const auto& r) { return r.times.state == state::retired; });
        return out;
    }
    auth::operation<bool> add_first_signing_key(auth::new_signing_key key,
                                                auth::operator_request&) override {
        if (!refusal) add(std::move(key), state::current, {});
        co_return ended("first");
    }
    auth::operation<bool> add_next_signing_key(auth::new_signing_key key, core::real_time activates,
                                               auth::operator_request&) override {
        if (!refusal) add(std::move(key), state::next, activates);
        co_return ended("next");
    }
    auth::operation<bool> promote_signing_key(std::string, core::seconds,
                                              auth::operator_request&) override {
        if (auto* current = in(state::current)) {
            current->times.state = state::retiring;
            current->times.retired_at = now;
        }
        auto& next = *in(state::next);
        next.times.state = state::current;
        next.times.activated_at = now;
        co_return ended("promote");
    }
    auth::operation<bool> retire_signing_key(std::string, core::seconds,
                                             auth::operator_request&) override {
        std::erase_if(rows, [](const auto& r) { return r.times.state == state::retiring; });
        co_return ended("retire");
    }
    auth::operation<bool> rotate_signing_key(auth::new_signing_key key, bool at_once,
                                             core::seconds ahead,
                                             auth::operator_request&) override {
        if (at_once) {
            in(state::current)->times.state = state::retired;
            add(std::move(key), state::current, {});
        } else {
            add(std::move(key), state::next, now + ahead);
        }
        co_return ended(at_once ? "rotate now" : "rotate");
    }
};

struct heard_log final : core::logger {
    std::vector<std::string> lines;
    void write(core::log_level, std::string_view message,
               std::span<const core::log_field>) noexcept override {
        lines.emplace_back(message);
    }
};

struct one_node {
    explicit one_node(bool has_kek = true) : keeper(surroundings(has_kek)) {}

    auth::signing_key_keeper::surroundings surroundings(bool has_kek) {
        auth::key_encryption_key kek{nullptr, "no kek"};
        if (has_kek)
            kek.key = std::make_shared<const crypto::sealing_key>(
                crypto::sealing_key::parse(std::string(64, 'a')).value());
        return {settings,
                60s,
                kek,
                table,
                issuers,
                [](jws_algorithm a, const auth::signing_key_keeper::pair_made& made) {
                    made(crypto::generate_signing_key_pair(a));
                },
                log};
    }
    // Moves the time, has the feed report, and lets the keeper do what is due.
    void pass(core::seconds time) {
        table.now += time;
        at += time;
        keeper.tick(table.now, at);
        tell();
    }
    void tell() { keeper.signing_keys_changed(table.in_use()); }
    const auth::own_issuer& own() { return *issuers.now().own(); }

    auth::token_configuration settings{.rotation_interval = 30 * 24h, .publish_ahead = 1h};
    fake_table table;
    heard_log log;
    core::epochs readers{1};
    core::snapshot<const auth::issuer_set> published{std::make_shared<const auth::issuer_set>(),
                                                     readers};
    auth::issuer_directory issuers{published};
    auth::signing_key_keeper keeper;
    core::steady_time at{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(signing_key_keeper)

BOOST_AUTO_TEST_CASE(from_nothing_to_a_rotation) {
    one_node node;
    BOOST_TEST(!node.own().signer);
    BOOST_TEST(!node.own().known);
    BOOST_TEST(node.own().why_not == "the signing keys have not been read yet");
    // Nothing is made before the feed has reported what is there.
    node.keeper.tick(node.table.now, node.at);
    BOOST_TEST(node.table.calls.empty());
    node.tell();
    node.pass(1s);
    BOOST_TEST(node.table.calls.back() == "first");
    BOOST_REQUIRE(node.own().signer);
    const auto first = node.table.rows[0].times.key_id;

    node.pass(30 * 24h - 1h - 2s);
    BOOST_TEST(node.table.calls.size() == 1u);
    node.pass(1s);
    node.pass(1s);
    BOOST_TEST(node.table.calls.back() == "next");
    BOOST_TEST(node.own().known_as.keys->size() == 2u);
    node.pass(1h - 2s);
    BOOST_TEST(node.table.calls.back() == "next");
    node.pass(2s);
    BOOST_TEST(node.table.calls.back() == "promote");
    BOOST_TEST(node.table.in(state::retiring)->times.key_id == first);
    // Every token that it signed stays good until the last has expired.
    node.pass(3600s + 5s + 60s - 1s);
    BOOST_TEST(node.own().known_as.keys->find(first, jws_algorithm::es256));
    node.pass(1s);
    BOOST_TEST(node.table.calls.back() == "retire");
    BOOST_TEST(!node.own().known_as.keys->find(first, jws_algorithm::es256));
}

BOOST_AUTO_TEST_CASE(a_step_that_failed_is_tried_again_after_a_pause) {
    one_node node;
    node.tell();
    node.table.refusal = core::failure{core::failure_kind::unavailable, "away"};
    node.keeper.tick(node.table.now, node.at);
    BOOST_TEST(node.table.calls.size() == 1u);
    node.keeper.tick(node.table.now, node.at + 4s);
    BOOST_TEST(node.table.calls.size() == 1u);
    node.table.refusal.reset();
    node.keeper.tick(node.table.now, node.at + 5s);
    BOOST_TEST(node.table.calls.size() == 2u);
    node.tell();
    BOOST_TEST(node.own().signer);
}

BOOST_AUTO_TEST_CASE(without_a_key_encryption_key_others_rotate) {
    one_node node(false);
    BOOST_TEST(node.own().why_not == "no kek");
    one_node other;
    other.tell();
    other.pass(1s);
    node.table.rows = other.table.rows;
    node.pass(100 * 24h);
    BOOST_TEST(node.table.calls.empty());
    BOOST_TEST(node.own().known_as.keys->size() == 1u);
    BOOST_TEST(!node.own().signer);
    std::optional<core::failure> refused;
    test::when_done(node.keeper.rotate(true, test::by_nobody()),
                    [&](auto outcome) { refused = outcome.error(); });
    BOOST_TEST((refused->kind == core::failure_kind::unavailable));
}

BOOST_AUTO_TEST_CASE(an_operator_rotates) {
    one_node node;
    node.tell();
    node.pass(1s);
    const auto first = node.table.rows[0].times.key_id;
    std::size_t listed = 0;
    test::when_done(node.keeper.rotate(false, test::by_nobody()),
                    [&](auto outcome) { listed = outcome->size(); });
    BOOST_TEST(listed == 2u);
    node.tell();
    node.pass(59min);
    BOOST_TEST(node.table.in(state::current)->times.key_id == first);
    node.pass(1min);
    BOOST_TEST(node.table.calls.back() == "promote");
}

// Once the operator has the answer, a compromised key verifies nothing here, even if the feed still
// brings the earlier state.
BOOST_AUTO_TEST_CASE(a_dropped_key_is_gone_at_once) {
    one_node node;
    node.tell();
    node.pass(1s);
    const auto first = node.table.rows[0].times.key_id;
    const auto before = node.table.rows;
    one_node other;
    other.keeper.signing_keys_changed(before);
    BOOST_TEST(other.own().known_as.dropped_keys.empty());
    test::when_done(node.keeper.rotate(true, test::by_nobody()),
                    [&](auto outcome) { BOOST_TEST(outcome->size() == 2u); });
    // It is known to be gone, here and wherever the feed reports it.
    const auto dropped = std::vector<std::string>{first};
    BOOST_TEST(node.own().known_as.dropped_keys == dropped);
    other.keeper.signing_keys_changed(node.table.in_use());
    BOOST_TEST(other.own().known_as.dropped_keys == dropped);
    // A restored database brings it back, and takes the other one away.
    other.keeper.signing_keys_changed(before);
    BOOST_TEST(other.own().known_as.dropped_keys.size() == 1u);
    BOOST_TEST(other.own().known_as.dropped_keys != dropped);
    BOOST_TEST(!node.own().known_as.keys->find(first, jws_algorithm::es256));
    BOOST_TEST(!node.own().signer);
    node.keeper.signing_keys_changed(before);
    BOOST_TEST(!node.own().known_as.keys->find(first, jws_algorithm::es256));
    node.tell();
    BOOST_TEST(node.own().signer);
    BOOST_TEST(node.own().known_as.keys->size() == 1u);
    BOOST_TEST(node.own().known_as.dropped_keys == dropped);
}

BOOST_AUTO_TEST_CASE(it_says_when_tokens_can_be_issued) {
    one_node node;
    BOOST_TEST(node.keeper.why_not_issuing() == "the signing keys have not been read yet");
    node.tell();
    BOOST_TEST(node.keeper.why_not_issuing() == "there is no current signing key yet");
    BOOST_TEST(node.log.lines.empty());
    node.pass(1s);
    BOOST_TEST(node.keeper.why_not_issuing() == "");
    BOOST_TEST(node.log.lines.back() == "tokens can be issued here");
    const auto lines = node.log.lines.size();
    node.tell();
    BOOST_TEST(node.log.lines.size() == lines);
    one_node without(false);
    without.tell();
    BOOST_TEST(without.keeper.why_not_issuing() == "no kek");
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_opened_is_told_once) {
    one_node node;
    node.tell();
    node.pass(1s);
    node.table.rows[0].kek_id = "another";
    const auto lines = node.log.lines.size();
    node.tell();
    node.tell();
    BOOST_TEST(node.log.lines.size() == lines + 1);
    BOOST_TEST(!node.own().signer);
}

BOOST_AUTO_TEST_SUITE_END()
