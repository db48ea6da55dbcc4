// Receipts, acknowledgements and Idempotency-Keys on PostgreSQL.
#include "changing.hpp"
#include "running_feed.hpp"

#include <latchkey/crypto/digest.hpp>
#include <latchkey/pg/writes/operator_answers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace latchkey;
using namespace latchkey::test;
using core::failure_kind;

namespace {

// Asks one pg::operator_answers, on the loop of a feed that goes on meanwhile.
struct asking {
    explicit asking(running_feed& f) : feed(f), answers(f.loop, f.settings, f.log, &f.fence) {}
    ~asking() {
        answers.stop();
        feed.run_for(core::milliseconds(10));
    }
    template <class T>
    T wait(core::task<T> operation) {
        std::optional<T> outcome;
        when_done(std::move(operation), [&](T r) { outcome.emplace(std::move(r)); });
        feed.run_until([&] { return outcome.has_value(); });
        return std::move(*outcome);
    }
    auth::acknowledgement all_have(const auth::change_position& change,
                                   core::milliseconds at_most = core::seconds(20)) {
        return wait(answers.wait_for_all(change.transaction, at_most));
    }
    std::optional<auth::kept_answer> kept(const std::string& claim) {
        return wait(answers.find_answer(claim)).value();
    }

    running_feed& feed;
    pg::operator_answers answers;
};

auth::operator_request asker(const std::string& claim = {}) {
    auth::operator_request by{R"({"kind":"test"})", "r", {}};
    if (!claim.empty()) by.claim = auth::idempotency_claim{claim, "what", 201, "{}"};
    return by;
}

auto make_organization(changing& change, const std::string& id, auth::operator_request& by) {
    return change.ask([&](pg::lifecycle& store) {
        return store.create_organization({id, "named " + id}, by);
    });
}

auth::change_position position_of(changing& change, const std::string& organization) {
    auto by = asker();
    BOOST_REQUIRE(make_organization(change, organization, by).has_value());
    BOOST_REQUIRE(by.position.has_value());
    BOOST_TEST(std::to_string(by.position->transaction) == by.transaction.value());
    return *by.position;
}

std::string add_node(const std::string& name, const std::string& applied,
                     const std::string& heartbeat = "clock_timestamp()") {
    return "insert into latchkey.nodes (instance_id, node, version, started_at, heartbeat_at,"
           " max_staleness, applied) values (gen_random_uuid(), '" +
           name + "', '1', now(), " + heartbeat + ", '5 s', " + applied + ")";
}

std::string names(const auth::acknowledgement& told) {
    std::string out;
    for (const auto& one : told.acknowledged)
        out += one.name + ' ';
    out += "-";
    for (const auto& one : told.missing)
        out += ' ' + one.who.name;
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(receipts)

BOOST_AUTO_TEST_CASE(a_receipt_counts_once_its_change_is_applied) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    running.run_until([&] { return !running.applied.latest()->key.empty(); });
    changing change(database.configuration());

    // This process does not get on with applying it.
    running.sink.holds_back = [](const auto& set) { return !set.organizations.empty(); };
    const auto made = position_of(change, "acme");
    running.run_until([&] { return !running.sink.held.empty(); });
    BOOST_TEST(!running.has_applied(made));
    const auto text = running.applied.receipt_for(made);
    BOOST_REQUIRE(text.has_value());
    const auto read = auth::decode_receipt(*text, running.applied.latest()->key);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((*read == auth::receipt_of(made)));

    running.sink.holds_back = [](const auto&) { return false; };
    running.sink.let_go();
    running.run_until([&] { return running.has_applied(made); });
    // Another process reads it with the same key.
    running_feed other(database.configuration());
    other.run_until([&] { return !other.applied.latest()->key.empty() && other.fresh(); });
    BOOST_TEST(other.has_applied(made));
    BOOST_TEST(auth::decode_receipt(*text, other.applied.latest()->key).has_value());
}

// After a crash there is no era.
BOOST_AUTO_TEST_CASE(a_receipt_from_before_a_crash_counts_again_afterwards) {
    migrated_database database;
    running_feed running(database.configuration());
    changing change(database.configuration());
    const auto before = position_of(change, "acme");
    running.run_until([&] { return running.has_applied(before); });

    // What is read anew is applied only when the test says so.
    running.sink.holds_back = [](const auto& set) { return set.forget_revocations; };
    database.exec("begin; delete from latchkey.era; delete from latchkey.nodes;"
                  "select pg_notify('latchkey_changes', ''); commit");
    running.run_until([&] { return !running.sink.held.empty(); });
    BOOST_TEST(!running.has_applied(before));
    running.sink.holds_back = [](const auto&) { return false; };
    running.sink.let_go();
    running.run_until([&] { return running.has_applied(before); });
    // The connection of before is closed, so the next change is one of the new era.
    changing again(database.configuration());
    const auto after = position_of(again, "umbrella");
    BOOST_TEST(after.era != before.era);
    running.run_until([&] { return running.has_applied(after); });
    // A process that has never met the first era knows of it, too.
    running_feed fresh(database.configuration());
    fresh.run_until([&] { return fresh.has_applied(before); });
    // Of an era that this database has not lived through, nothing is known.
    auto foreign = before;
    foreign.era = "another";
    BOOST_TEST(!fresh.has_applied(foreign));
}

// The database went on behind the dump: whether a change is in it, nobody knows.
BOOST_AUTO_TEST_CASE(a_receipt_of_an_era_that_a_dump_brought_along_does_not_count) {
    struct {
        const char* brought; ///< the row of an era that is over, as it is now
        bool counts;
    } const cases[] = {
        {"select era, written_in, xid from latchkey.eras", true},
        {"select era, written_in, pg_current_xact_id() from latchkey.eras", false},
        {"select era, written_in || '1', xid from latchkey.eras", false},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.brought) {
            migrated_database database;
            std::optional<auth::change_position> before;
            {
                running_feed running(database.configuration());
                changing change(database.configuration());
                before = position_of(change, "acme");
                running.run_until([&] { return running.has_applied(*before); });
                running.run_until(
                    [&] { return database.value("select count(*) from latchkey.eras") == "1"; });
            }
            database.exec("delete from latchkey.era");
            // As a restore writes it: by a transaction of its own.
            if (!c.counts) {
                database.exec("create table public.dump as " + std::string(c.brought));
                database.exec("truncate latchkey.eras; insert into latchkey.eras"
                              " (era, written_in, xid) select * from public.dump");
            }
            running_feed restored(database.configuration());
            changing change(database.configuration());
            restored.run_until([&] {
                return database.value("select count(*) from latchkey.eras") == "2" &&
                       !restored.applied.latest()->key.empty();
            });
            const auto after = position_of(change, "umbrella");
            restored.run_until([&] { return restored.has_applied(after); });
            BOOST_TEST(restored.has_applied(*before) == c.counts);
        }
    }
}

// A node that starts takes its first snapshot, loads, and announces itself. A change that is
// committed in between is acknowledged without it, so it must know of the change before it answers.
BOOST_AUTO_TEST_CASE(a_node_that_joins_knows_of_what_was_acknowledged_without_it) {
    migrated_database database;
    running_feed running(database.configuration());
    running.sink.holds_back = [](const auto& set) { return set.signing_keys.has_value(); };
    running.run_until([&] { return !running.sink.held.empty(); });
    database.exec("insert into latchkey.revocations (kind, issuer, value) values"
                  " ('token', 'i', 'late')");
    BOOST_TEST(database.value("select count(*) from latchkey.nodes") == "0");
    running.sink.holds_back = [](const auto&) { return false; };
    running.sink.let_go();
    running.run_until_fresh();
    BOOST_TEST(running.sink.revoked().contains("late"));
    for (const auto& told : running.sink.all)
        BOOST_TEST(!told.was_fresh);
}

BOOST_AUTO_TEST_CASE(a_change_is_acknowledged_by_all_live_nodes) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    asking ask(running);
    changing change(database.configuration());

    const auto first = ask.all_have(position_of(change, "one"));
    BOOST_TEST(first.complete);
    BOOST_TEST(!first.replicated);
    BOOST_TEST(names(first) == "node -");

    // Two processes share a name; one has died long ago, one has stopped just now.
    database.exec(add_node("node", "null"));
    database.exec(add_node("dead", "'1:1:'", "now() - interval '16 s'"));
    const auto begun = std::chrono::system_clock::now();
    const auto told = ask.all_have(position_of(change, "two"), core::milliseconds(200));
    BOOST_TEST(!told.complete);
    BOOST_TEST(names(told) == "node - node");
    BOOST_TEST((told.missing.at(0).fences_at >= begun + core::seconds(5)));
    BOOST_TEST(
        (told.missing.at(0).fences_at <= std::chrono::system_clock::now() + core::seconds(5)));
    BOOST_TEST(told.missing.at(0).who.instance_id != told.acknowledged.at(0).instance_id);

    // It goes on.
    database.exec("update latchkey.nodes set applied = '1:9000000000:' where applied is null");
    BOOST_TEST(names(ask.all_have(position_of(change, "three"))) == "node node -");
}

// A second revocation changes nothing, so nothing has told the nodes.
BOOST_AUTO_TEST_CASE(a_change_that_told_nobody_anything_is_acknowledged_soon) {
    migrated_database database;
    auto settings = database.configuration();
    settings.feed_interval = core::seconds(60);
    running_feed running(settings);
    running.run_until_fresh();
    asking ask(running);
    const auto transaction = std::stoull(database.value("select pg_current_xact_id()::text"));
    const auto told = ask.wait(ask.answers.wait_for_all(transaction, core::seconds(20)));
    BOOST_TEST(told.complete);
}

BOOST_AUTO_TEST_CASE(many_wait_at_once_and_share_the_queries) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    asking ask(running);
    changing change(database.configuration());
    database.exec(add_node("stopped", "null"));
    const auto made = position_of(change, "one");
    int ended = 0;
    constexpr int waits = 50;
    for (int i = 0; i < waits; ++i)
        when_done(ask.answers.wait_for_all(made.transaction, core::seconds(20)),
                  [&](const auth::acknowledgement& told) { ended += told.complete; });
    running.run_for(core::milliseconds(150));
    BOOST_TEST(ended == 0);
    database.exec("update latchkey.nodes set applied = '1:9000000000:' where node = 'stopped'");
    running.run_until([&] { return ended == waits; });
    // One connection does it.
    BOOST_TEST(database.value("select count(*) from pg_stat_activity where datname ="
                              " current_database() and query like '%pg_stat_replication%'"
                              " and pid <> pg_backend_pid()") == "1");
}

// After a fail-over the same number is another transaction, or none.
BOOST_AUTO_TEST_CASE(no_wait_is_complete_in_another_database) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    asking ask(running);
    database.exec(add_node("stopped", "null"));
    std::optional<auth::acknowledgement> told;
    const auto transaction = std::stoull(database.value("select pg_current_xact_id()::text")) + 5;
    when_done(ask.answers.wait_for_all(transaction, core::seconds(20)),
              [&](const auth::acknowledgement& t) { told = t; });
    running.run_for(core::milliseconds(50));
    BOOST_TEST(!told.has_value());
    database.exec("update latchkey.era set id = gen_random_uuid()");
    for (int i = 0; i < 10; ++i)
        database.exec("select pg_current_xact_id()");
    database.exec("update latchkey.nodes set applied = '1:9000000000:' where node = 'stopped'");
    running.run_until([&] { return told.has_value(); });
    BOOST_TEST((!told->complete && told->acknowledged.empty() && told->missing.empty()));
}

BOOST_AUTO_TEST_CASE(waits_end_with_the_process) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    asking ask(running);
    database.exec(add_node("stopped", "null"));
    bool ended = false;
    when_done(ask.answers.wait_for_all(9'000'000'000, core::seconds(20)),
              [&](const auth::acknowledgement& told) { ended = !told.complete; });
    running.run_for(core::milliseconds(20));
    BOOST_TEST(!ended);
    ask.answers.stop();
    BOOST_TEST(ended);
}

// --- Idempotency-Key -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_claim_lets_one_change_through) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    asking ask(running);
    changing change(database.configuration());
    BOOST_TEST(!ask.kept("key").has_value());

    auto by = asker("key");
    BOOST_TEST(make_organization(change, "acme", by).has_value());
    BOOST_TEST(by.claim->made);
    auto found = ask.kept("key");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->request == "what");
    BOOST_TEST(found->status == 201);
    BOOST_TEST(found->ids == R"({"organization_id":"acme"})");
    BOOST_TEST(!found->answer.has_value());
    BOOST_TEST(found->transaction == by.position->transaction);
    BOOST_TEST(found->changed);

    auto twice = asker("key");
    const auto refused = make_organization(change, "umbrella", twice);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().kind == failure_kind::conflict));
    BOOST_TEST(refused.error().message == auth::claim_in_use);
    BOOST_TEST(database.value("select count(*) from public.organizations") == "1");

    BOOST_TEST(ask.wait(ask.answers.keep_answer("key", 201, R"({"name":"Ä"})")).has_value());
    BOOST_TEST(ask.kept("key")->answer.value() == R"({"name":"Ä"})");
    // It is kept for a day.
    database.exec("update latchkey.idempotency_keys set at = now() - interval '25 hours'");
    BOOST_TEST(!ask.kept("key").has_value());
    BOOST_TEST(make_organization(change, "umbrella", twice).has_value());
    BOOST_TEST(!ask.kept("key")->answer.has_value());
    BOOST_TEST(database.value("select latchkey.prune_idempotency_keys()") == "0");
    database.exec("update latchkey.idempotency_keys set at = now() - interval '25 hours'");
    BOOST_TEST(database.value("select latchkey.prune_idempotency_keys()") == "1");
}

BOOST_AUTO_TEST_CASE(a_change_that_fails_leaves_no_claim) {
    migrated_database database;
    database.exec("create function public.refuse() returns trigger language plpgsql as $$ begin"
                  " raise exception 'no'; end $$;"
                  " create constraint trigger late after insert on public.organizations"
                  " deferrable initially deferred for each row when (new.organization_id = 'bad')"
                  " execute function public.refuse()");
    changing change(database.configuration());
    for (const std::string id : {"bad", "bad\n\xff"}) {
        auto by = asker("key");
        BOOST_TEST(!make_organization(change, id, by).has_value());
        BOOST_TEST(!by.claim->made);
        BOOST_TEST(database.value("select count(*) from latchkey.idempotency_keys") == "0");
    }
    auto by = asker("key");
    BOOST_TEST(make_organization(change, "good", by).has_value());
}

// The statement found nothing to change: its transaction is committed all the same.
BOOST_AUTO_TEST_CASE(a_claim_without_a_change_says_so_and_can_be_given_back) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    asking ask(running);
    changing change(database.configuration());
    auto by = asker("key");
    const auto none = change.ask([&](pg::lifecycle& store) {
        return store.revoke_api_key({"none", std::nullopt}, by);
    });
    BOOST_TEST((none.error().kind == failure_kind::not_found));
    BOOST_TEST(!ask.kept("key")->changed);
    // Another request's claim stays.
    BOOST_TEST(ask.wait(ask.answers.forget_claim("key", "another")).has_value());
    BOOST_TEST(ask.kept("key").has_value());
    BOOST_TEST(ask.wait(ask.answers.forget_claim("key", "r")).has_value());
    BOOST_TEST(!ask.kept("key").has_value());
}

// Of two at the same time, by two nodes, the second does not wait for the first.
BOOST_AUTO_TEST_CASE(a_claim_under_way_elsewhere_refuses_at_once) {
    migrated_database database;
    changing change(database.configuration());
    session other(database.uri());
    other.exec("begin; select latchkey.claim_idempotency_key('key', 'what', 'r', 201, '{}')");
    auto by = asker("key");
    const auto refused = make_organization(change, "acme", by);
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message == auth::claim_in_use);
    auto another = asker("another");
    BOOST_TEST(make_organization(change, "umbrella", another).has_value());
    other.exec("rollback");
    BOOST_TEST(make_organization(change, "acme", by).has_value());
}

// One request may write several times.
BOOST_AUTO_TEST_CASE(a_claim_is_made_by_the_first_write_of_its_request) {
    migrated_database database;
    changing change(database.configuration());
    auto by = asker("key");
    BOOST_TEST(make_organization(change, "one", by).has_value());
    BOOST_TEST(make_organization(change, "two", by).has_value());
    BOOST_TEST(database.value("select count(*) from latchkey.idempotency_keys") == "1");
}

BOOST_AUTO_TEST_CASE(a_change_without_an_answer_is_told_as_unknown) {
    migrated_database database;
    auto settings = database.configuration();
    settings.write_timeout = core::milliseconds(300);
    changing change(settings);
    auto by = asker();
    BOOST_TEST(make_organization(change, "quick", by).has_value());
    // The server does not answer in time, and nobody knows what it will do.
    database.exec("create function public.stall() returns trigger language plpgsql as $$ begin"
                  " set local statement_timeout = 0; perform pg_sleep(2); return null; end $$;"
                  " create constraint trigger late after insert on public.organizations"
                  " deferrable initially deferred for each row execute function public.stall()");
    const auto unknown = make_organization(change, "slow", by);
    BOOST_REQUIRE(!unknown.has_value());
    BOOST_TEST((unknown.error().kind == failure_kind::unavailable));
    BOOST_TEST(unknown.error().message.starts_with("it is not known whether the change was made"));
}

BOOST_AUTO_TEST_SUITE_END()
