#include "pg/feed/feed_poll.hpp"
#include "fake_rows.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using auth::revocation_kind;
using outcome = pg::feed_position::outcome;

namespace {

const core::real_time now{core::seconds(2'000)};
const core::real_time then{core::seconds(1'999)};

// The columns of a poll's row. state() returns a row without a change.
enum column {
    snapshot,
    era,
    place,
    taken_at,
    pruned_below,
    beat,
    clock_,
    more,
    seq,
    at,
    kind,
    keys,
    names,
    credential_kind,
    organization_type,
    started,
    columns
};
const std::string no = std::string(1, '\0');
const std::string yes = std::string(1, '\1');

fake_rows::row state() {
    fake_rows::row row(columns);
    row[snapshot] = "10:20:";
    row[era] = "e";
    row[place] = "system/database/timeline";
    row[started] = "1.5";
    row[taken_at] = "11:21:";
    row[pruned_below] = "3";
    row[clock_] = timestamptz(now);
    row[more] = no;
    return row;
}
fake_rows::row change(const std::string& of_kind, const std::vector<std::string>& of_names = {},
                      const std::vector<std::string>& of_keys = {}) {
    auto row = state();
    row[column::seq] = int8(7);
    row[column::at] = timestamptz(then);
    row[column::kind] = of_kind;
    row[column::keys] = bytea_array(of_keys);
    row[column::names] = text_array(of_names);
    return row;
}
std::optional<pg::feed_poll> decode(const std::vector<fake_rows::row>& rows) {
    return pg::decode_feed_poll(fake_rows(rows, columns));
}

pg::feed_poll poll(const std::string& snapshot, std::optional<std::string> era = "era",
                   std::uint64_t pruned_below = 0) {
    pg::feed_poll p;
    p.snapshot = p.taken_at = snapshot;
    p.identity = {"place", std::move(era)};
    p.pruned_below = pruned_below;
    return p;
}
pg::feed_poll page(const std::string& snapshot, const std::string& taken_at, std::int64_t last,
                   bool more) {
    auto p = poll(snapshot);
    p.taken_at = taken_at;
    p.last_seq = last;
    p.more = more;
    return p;
}

// A position with its memory.
struct reading {
    pg::feed_position position;
    pg::node_memory memory;
    outcome advance(const pg::feed_poll& p) { return position.advance(p, memory); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(feed_poll)

BOOST_AUTO_TEST_CASE(reads_what_a_poll_says_of_itself) {
    const auto p = decode({state()}).value();
    BOOST_TEST(p.snapshot == "10:20:");
    BOOST_TEST(p.taken_at == "11:21:");
    BOOST_TEST(p.identity.place == "system/database/timeline");
    BOOST_TEST(p.identity.era.value() == "e");
    BOOST_TEST(p.pruned_below == 3u);
    BOOST_TEST((p.database_now == now));
    BOOST_TEST(p.committed_at.empty());
    BOOST_TEST(!p.signing_keys_changed);
    BOOST_TEST(!p.beat.has_value());
    BOOST_TEST(!p.more);
    auto row = state();
    row[era] = std::nullopt;
    BOOST_TEST(!decode({row})->identity.era.has_value());
    row[beat] = int8(5);
    row[more] = yes;
    BOOST_TEST(decode({row})->beat.value() == 5u);
    BOOST_TEST(decode({row})->more);
}

// If organizations' ids are compared in another form, what was learned of them is void.
BOOST_AUTO_TEST_CASE(the_type_of_organizations_belongs_to_the_era) {
    const auto typed = [](const char* type) {
        auto row = state();
        row[organization_type] = type;
        return decode({row}).value();
    };
    using form = auth::organization_form;
    BOOST_TEST((typed("uuid").changes.organization_ids == form::uuid));
    BOOST_TEST((typed("int8").changes.organization_ids == form::integer));
    BOOST_TEST((typed("varchar").changes.organization_ids == form::text));
    BOOST_TEST(!decode({state()})->changes.organization_ids.has_value());
    reading position;
    position.advance(typed("text"));
    BOOST_TEST((position.advance(typed("varchar")) == outcome::follows));
    BOOST_TEST((position.advance(typed("uuid")) == outcome::lost));
}

BOOST_AUTO_TEST_CASE(each_kind_of_row_is_told_as_it_is) {
    const auto p =
        decode({change("api_keys", {}, {std::string(32, 'a'), std::string(32, 'b')}),
                change("organizations", {"o1"}), change("devices", {"d1"}),
                change("revocations", {"-subject", "i", "s", "1000000", "infinity", "5"}),
                change("credentials", {"+k1", "-k2"}), change("signing_keys"),
                change("organizations", {"o2"})})
            .value();
    BOOST_TEST(p.last_seq == 7);
    BOOST_TEST(p.committed_at.size() == 7u);
    BOOST_TEST((p.committed_at[0] == then));
    BOOST_TEST(p.changes.api_keys.size() == 2u);
    BOOST_TEST(p.changes.organizations == (std::vector<std::string>{"o1", "o2"}),
               boost::test_tools::per_element());
    BOOST_REQUIRE(p.changes.devices.size() == 1u);
    BOOST_TEST((p.changes.devices[0] == crypto::sha256("d1")));
    BOOST_TEST(p.signing_keys_changed);
    BOOST_TEST(!p.changes.everything);
    BOOST_TEST(!p.changes.forget_revocations);
    BOOST_TEST(!p.changes.signing_keys.has_value());

    BOOST_REQUIRE(p.changes.revocations.size() == 3u);
    const auto& subject = p.changes.revocations[0];
    BOOST_TEST((subject.what.kind == revocation_kind::subject));
    BOOST_TEST(subject.withdrawn);
    const auto& key = p.changes.revocations[1];
    BOOST_TEST((key.what.kind == revocation_kind::credential));
    BOOST_TEST(key.what.value == "k1");
    BOOST_TEST(!key.withdrawn);
    BOOST_TEST((key.what.created_at == then));
    BOOST_TEST(p.changes.revocations[2].withdrawn);
}

BOOST_AUTO_TEST_CASE(credentials_may_be_of_one_kind) {
    auto row = change("credentials", {"+k1", "-k2"});
    row[credential_kind] = "-device";
    const auto told = decode({row}).value().changes.revocations;
    BOOST_REQUIRE(told.size() == 2u);
    BOOST_TEST((told[0].what.of == auth::credential_kind::device));
    BOOST_TEST(told[0].withdrawn);
    BOOST_TEST(!told[1].what.of.has_value());
    BOOST_TEST(told[1].withdrawn);
}

BOOST_AUTO_TEST_CASE(what_it_does_not_know_may_be_anything) {
    for (const char* kind : {"everything", "of_a_newer_schema", ""}) {
        const auto p = decode({change(kind, {"x"})}).value();
        BOOST_TEST(p.changes.everything);
    }
}

BOOST_AUTO_TEST_CASE(one_malformed_value_spoils_the_answer) {
    const auto with = [](std::size_t which, std::optional<std::string> value) {
        auto row = change("organizations", {"o"});
        row[which] = std::move(value);
        return row;
    };
    const std::vector<fake_rows::row> cases = {
        with(snapshot, ""),
        with(clock_, std::nullopt),
        with(clock_, "late"),
        with(place, ""),
        with(taken_at, ""),
        with(more, std::nullopt),
        with(beat, "x"),
        with(seq, "x"),
        with(at, "late"),
        with(keys, "x"),
        with(names, "x"),
        change("api_keys", {}, {"short"}),
        change("revocations", {"+token", "i", "t", "", ""}),
        change("revocations", {"+nothing", "i", "t", "", "", "5"}),
        change("credentials", {"k1"}),
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        BOOST_TEST_CONTEXT("case " << i) {
            BOOST_TEST(!decode({cases[i]}).has_value());
            if (i > 6) BOOST_TEST(!decode({change("organizations", {"o"}), cases[i]}).has_value());
        }
    }
    BOOST_TEST(!decode({}).has_value());
    BOOST_TEST(!decode({fake_rows::row{"10:20:", "e"}}).has_value());
}

BOOST_AUTO_TEST_CASE(the_position_tells_what_may_be_missing) {
    reading r;
    BOOST_TEST(!r.position.snapshot().has_value());
    BOOST_TEST((r.advance(poll("10:10:")) == outcome::lost));
    BOOST_TEST(r.position.snapshot().value() == "10:10:");
    BOOST_TEST((r.advance(poll("12:12:", "era", 10)) == outcome::follows));
    BOOST_TEST((r.advance(poll("14:14:", "era", 13)) == outcome::lost)); // pruned beyond 12
    BOOST_TEST((r.advance(poll("15:15:", "other")) == outcome::lost));
    BOOST_TEST((r.advance(poll("16:16:", std::nullopt)) == outcome::no_era));
    BOOST_TEST(!r.position.snapshot().has_value());
    BOOST_TEST((r.advance(poll("17:17:", "other")) == outcome::lost));
    BOOST_TEST((r.advance(poll("18:18:", "other")) == outcome::follows));
}

BOOST_AUTO_TEST_CASE(it_says_why_it_was_lost) {
    reading r;
    r.advance(poll("10:20:"));
    BOOST_TEST(r.position.why_lost() == "it is read for the first time");
    r.advance(poll("10:20:"));
    BOOST_TEST(r.position.why_lost() == "");
    r.advance(poll("10:19:"));
    BOOST_TEST(r.position.why_lost() == "the database has gone back in time");
    auto elsewhere = poll("10:19:");
    elsewhere.identity.place = "elsewhere";
    r.advance(elsewhere);
    BOOST_TEST(r.position.why_lost() == "it is another server, database or timeline than before");
}

// A copy of the files that was restored in place has the same era, and lower numbers.
BOOST_AUTO_TEST_CASE(a_database_that_goes_back_is_lost_each_time) {
    reading r;
    r.advance(poll("10:20:"));
    BOOST_TEST((r.advance(poll("20:30:")) == outcome::follows));
    BOOST_TEST((r.advance(poll("20:29:")) == outcome::lost));
    BOOST_TEST((r.advance(poll("20:29:")) == outcome::follows));
    // The copy is ahead by transactions, but lacks this process's heartbeats.
    r.memory.next();
    r.memory.acknowledged();
    auto without = poll("20:40:");
    BOOST_TEST((r.advance(without) == outcome::lost));
    r.memory.next();
    r.memory.acknowledged();
    auto with = poll("20:41:");
    with.beat = 2;
    BOOST_TEST((r.advance(with) == outcome::follows));
    with.beat = 1;
    BOOST_TEST((r.advance(with) == outcome::lost));
}

BOOST_AUTO_TEST_CASE(pages_lie_between_two_fixed_snapshots) {
    reading r;
    r.advance(poll("10:10:"));
    BOOST_TEST((r.advance(page("20:20:", "20:20:", 7, true)) == outcome::follows));
    BOOST_TEST(r.position.snapshot().value() == "10:10:");
    BOOST_TEST(r.position.target().value() == "20:20:");
    BOOST_TEST(r.position.after() == 7);
    BOOST_TEST((r.advance(page("20:20:", "25:25:", 9, true)) == outcome::follows));
    BOOST_TEST(r.position.snapshot().value() == "10:10:");
    BOOST_TEST(r.position.after() == 9);
    BOOST_TEST((r.advance(page("20:20:", "26:26:", 0, false)) == outcome::follows));
    BOOST_TEST(r.position.snapshot().value() == "20:20:");
    BOOST_TEST(!r.position.target().has_value());
    BOOST_TEST(r.position.after() == 0);
}

// Snapshots of another database say nothing about this one.
BOOST_AUTO_TEST_CASE(what_is_lost_between_pages_begins_where_the_server_is) {
    reading r;
    r.advance(poll("10:10:"));
    r.advance(page("20:20:", "20:20:", 7, true));
    auto other = page("20:20:", "30:30:", 9, true);
    other.identity.era = "other";
    BOOST_TEST((r.advance(other) == outcome::lost));
    BOOST_TEST(r.position.snapshot().value() == "30:30:");
    BOOST_TEST(!r.position.target().has_value());
}

// If nobody can write, the lack of an era counts as one for as long as the connection lasts.
BOOST_AUTO_TEST_CASE(an_era_that_cannot_be_written_is_kept_in_memory) {
    reading r;
    BOOST_TEST((r.advance(poll("10:10:", std::nullopt)) == outcome::no_era));
    r.position.keep_era_in_memory();
    BOOST_TEST((r.advance(poll("10:10:", std::nullopt)) == outcome::lost));
    BOOST_TEST((r.advance(poll("11:11:", std::nullopt)) == outcome::follows));
    auto crashed = r;
    crashed.position.connection_ended();
    BOOST_TEST((crashed.advance(poll("12:12:", std::nullopt)) == outcome::no_era));
    BOOST_TEST((r.advance(poll("12:12:", "written")) == outcome::lost));
    r.position.connection_ended();
    BOOST_TEST((r.advance(poll("13:13:", "written")) == outcome::follows));
}

// A copy of the files that was put back may have other changes in these transactions.
BOOST_AUTO_TEST_CASE(a_lost_connection_reads_again_from_the_last_committed_heartbeat) {
    reading r;
    r.advance(poll("10:10:"));
    r.position.announcing();
    r.position.announced();
    r.advance(poll("20:20:"));
    r.position.announcing(); // this one does not come back
    r.advance(poll("30:30:"));
    BOOST_TEST(r.position.snapshot().value() == "30:30:");
    r.position.connection_ended();
    BOOST_TEST(r.position.snapshot().value() == "10:10:");
    auto gone_back = r;
    BOOST_TEST((gone_back.advance(poll("25:25:")) == outcome::lost));
    BOOST_TEST((r.advance(poll("31:31:")) == outcome::follows));
    // Between pages it goes on where it was.
    r.advance(page("40:40:", "40:40:", 7, true));
    r.position.connection_ended();
    BOOST_TEST(r.position.snapshot().value() == "31:31:");
    BOOST_TEST(r.position.target().value() == "40:40:");
}

BOOST_AUTO_TEST_CASE(after_a_new_beginning_no_older_heartbeat_counts) {
    reading r;
    r.advance(poll("10:10:"));
    r.position.announcing();
    r.position.announced();
    auto other = poll("30:30:");
    other.identity.era = "other";
    BOOST_TEST((r.advance(other) == outcome::lost));
    r.position.connection_ended();
    BOOST_TEST(r.position.snapshot().value() == "30:30:");
}

// Times in milliseconds: a distance of 10, an interval of 1000.
BOOST_AUTO_TEST_CASE(polls_keep_a_distance_however_many_are_wanted) {
    pg::poll_schedule schedule{core::milliseconds(10), core::milliseconds(1000)};
    const auto at = [](int ms) { return core::steady_time(core::milliseconds(1'000'000 + ms)); };
    BOOST_TEST((schedule.due() <= at(0)));
    schedule.began(at(0));
    BOOST_TEST((schedule.due() == at(1000)));
    // A poll that is wanted while another is under way waits for its end, and keeps the distance.
    schedule.want();
    BOOST_TEST((schedule.due() == at(10)));
    schedule.ended(at(4));
    BOOST_TEST((schedule.due() == at(14)));
    for (int i = 0; i < 6000; ++i)
        schedule.want();
    BOOST_TEST((schedule.due() == at(14)));
    schedule.began(at(14));
    schedule.ended(at(15));
    // All requests led to one poll.
    BOOST_TEST((schedule.due() == at(1014)));
    // After a rest a poll starts at once.
    schedule.want();
    BOOST_TEST((schedule.due() == at(25)));
    BOOST_TEST((schedule.due() < at(500)));
}

BOOST_AUTO_TEST_CASE(a_poll_that_never_ends_well_keeps_its_distance_too) {
    pg::poll_schedule schedule{core::milliseconds(10), core::milliseconds(1000)};
    const auto at = [](int ms) { return core::steady_time(core::milliseconds(1'000'000 + ms)); };
    schedule.began(at(0));
    schedule.want();
    BOOST_TEST((schedule.due() == at(10)));
    // An interval shorter than the distance does not shorten it.
    pg::poll_schedule hasty{core::milliseconds(100), core::milliseconds(50)};
    hasty.began(at(0));
    hasty.ended(at(20));
    BOOST_TEST((hasty.due() == at(120)));
}

BOOST_AUTO_TEST_CASE(a_position_that_forgets_begins_anew) {
    reading r;
    r.advance(poll("10:10:"));
    r.position.forget();
    BOOST_TEST(!r.position.snapshot().has_value());
    BOOST_TEST((r.advance(poll("11:11:")) == outcome::lost));
    BOOST_TEST((r.advance(poll("12:12:")) == outcome::follows));
}

BOOST_AUTO_TEST_SUITE_END()
