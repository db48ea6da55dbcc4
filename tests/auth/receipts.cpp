// Receipts: their text, and whether this process has applied the change that one is about.
#include <latchkey/auth/receipt/applied_changes.hpp>
#include <latchkey/auth/receipt/receipt.hpp>
#include <latchkey/auth/receipt/transaction_snapshot.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace latchkey;
using namespace latchkey::auth;

namespace {

const crypto::secret our_key(std::string(32, 'k'));
const change_position change{"7300000000000000000/5/00000001", "era-b", 1234567890123};

transaction_snapshot snapshot(std::string_view text) {
    return transaction_snapshot::parse(text).value();
}

// Counts its wake-ups.
struct counting_watcher final : applied_watcher {
    explicit counting_watcher(core::mailbox& own)
        : applied_watcher([&own]() -> core::mailbox& { return own; }) {}
    void arrived() noexcept override { ++arrivals; }
    int arrivals = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(receipts)

BOOST_AUTO_TEST_CASE(a_snapshot_covers_what_had_ended) {
    struct {
        const char* text;
        std::uint64_t transaction;
        bool covered;
    } const cases[] = {
        {"10:20:", 9, true},
        {"10:20:", 10, true},
        {"10:20:", 19, true},
        {"10:20:", 20, false},
        {"10:20:10,15", 9, true},
        {"10:20:10,15", 10, false},
        {"10:20:10,15", 14, true},
        {"10:20:15,10", 15, false},
        {"10:20:10,15", 18446744073709551615u, false},
        {"10:18446744073709551615:", 18446744073709551614u, true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text << " and " << c.transaction)
    BOOST_TEST(snapshot(c.text).covers(c.transaction) == c.covered);
}

BOOST_AUTO_TEST_CASE(a_malformed_snapshot_is_none) {
    for (const auto* text : {"", "10", "10:20", ":20:", "10::", "a:20:", "10:b:", "10:20:c",
                             "10:20:,11", "-1:20:", "10:18446744073709551616:"})
        BOOST_TEST_CONTEXT(text)
    BOOST_TEST(!transaction_snapshot::parse(text).has_value());
}

BOOST_AUTO_TEST_CASE(a_receipt_is_read_as_it_was_written) {
    const auto text = encode_receipt(receipt_of(change), our_key);
    BOOST_TEST(text.size() == receipt_length);
    const auto read = decode_receipt(text, our_key);
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((*read == receipt_of(change)));
    BOOST_TEST(read->transaction == change.transaction);
    // It tells nobody which database it is about.
    BOOST_TEST(text.find("7300") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_other_text_is_a_receipt) {
    const auto good = encode_receipt(receipt_of(change), our_key);
    BOOST_TEST(!decode_receipt(good, crypto::secret(std::string(32, 'x'))));
    BOOST_TEST(!decode_receipt("", our_key));
    BOOST_TEST(!decode_receipt(good.substr(1), our_key));
    BOOST_TEST(!decode_receipt(good + "A", our_key));
    BOOST_TEST(!decode_receipt(std::string(receipt_length, 'A'), our_key));
    BOOST_TEST(!decode_receipt(std::string(receipt_length, '*'), our_key));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto changed = good;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        BOOST_TEST_CONTEXT("character " << i)
        BOOST_TEST(!decode_receipt(changed, our_key));
    }
}

// One table: what the process has reached, and which receipts count.
BOOST_AUTO_TEST_CASE(a_change_counts_once_it_is_applied) {
    applied_changes applied;
    const auto counts = [&](const change_position& c) {
        return applied.latest()->has_applied(receipt_of(c));
    };
    const std::string here = change.place;
    const change_position now{here, "era-b", 15};
    const change_position later{here, "era-b", 30};
    const change_position before{here, "era-a", 1000};
    const change_position elsewhere{"7300000000000000000/5/00000002", "era-c", 1};
    const change_position same_era_elsewhere{"7300000000000000000/5/00000002", "era-b", 1};
    const change_position older_place{"7300000000000000000/5/00000000", "era-a", 1};

    // Nothing has been read.
    for (const auto& c : {now, later, before, elsewhere})
        BOOST_TEST(!counts(c));

    applied.publish(here, std::string("era-b"), snapshot("10:20:15"));
    BOOST_TEST(!counts(now));
    applied.publish(here, std::string("era-b"), snapshot("16:20:"));
    BOOST_TEST(counts(now));
    BOOST_TEST(!counts(later));
    // What this database has lived through is not known yet.
    BOOST_TEST(!counts(before));
    applied.set_key(our_key, {"era-b", "era-a"});
    BOOST_TEST(counts(now));
    BOOST_TEST(!counts(later));
    BOOST_TEST(counts(before));
    BOOST_TEST(counts(older_place));
    BOOST_TEST(!counts(elsewhere));
    BOOST_TEST(!counts(same_era_elsewhere));

    // The database is another one, or the old one reads everything anew.
    applied.lose();
    for (const auto& c : {now, later, before, elsewhere})
        BOOST_TEST(!counts(c));
    applied.publish(elsewhere.place, elsewhere.era, snapshot("1:2:"));
    BOOST_TEST(counts(elsewhere));
    BOOST_TEST(!counts(now));

    // Nobody can have made a change without an era.
    applied.publish(here, std::nullopt, snapshot("16:20:"));
    BOOST_TEST(!counts(now));
}

BOOST_AUTO_TEST_CASE(no_receipt_is_made_without_the_key) {
    applied_changes applied;
    BOOST_TEST(!applied.receipt_for(change).has_value());
    applied.set_key(our_key, {});
    const auto text = applied.receipt_for(change);
    BOOST_REQUIRE(text.has_value());
    BOOST_TEST((decode_receipt(*text, our_key) == receipt_of(change)));
}

BOOST_AUTO_TEST_CASE(who_wants_news_is_woken_once) {
    int wakes = 0;
    core::mailbox box([&] { ++wakes; });
    counting_watcher watcher(box);
    applied_changes applied;
    applied.add(watcher);
    const auto publish = [&] {
        applied.publish(change.place, change.era, snapshot("10:20:"));
        box.receive();
    };
    publish();
    BOOST_TEST(watcher.arrivals == 0);
    watcher.want_news();
    publish();
    publish();
    BOOST_TEST(watcher.arrivals == 1);
    watcher.want_news();
    applied.lose();
    box.receive();
    BOOST_TEST(watcher.arrivals == 2);
}

BOOST_AUTO_TEST_SUITE_END()
