#include "fake_rows.hpp"

#include <latchkey/crypto/digest.hpp>
#include <latchkey/pg/feed_poll.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using auth::revocation_kind;
using outcome = pg::feed_position::outcome;

namespace {

const core::real_time now{core::seconds(2'000)};
const core::real_time then{core::seconds(1'999)};

// What the poll says of itself, and no change.
fake_rows::row state(const std::string& snapshot = "10:20:", std::optional<std::string> era = "e",
                     const std::string& pruned_below = "3") {
    return {snapshot,         era,          "system",     "database",   pruned_below, //
            timestamptz(now), std::nullopt, std::nullopt, std::nullopt, std::nullopt,
            std::nullopt,     std::nullopt};
}
fake_rows::row change(const std::string& kind, const std::vector<std::string>& names = {},
                      const std::vector<std::string>& keys = {}) {
    auto row = state();
    row[6] = timestamptz(then);
    row[7] = kind;
    row[8] = bytea_array(keys);
    row[9] = text_array(names);
    return row;
}
std::optional<pg::feed_poll> decode(const std::vector<fake_rows::row>& rows) {
    return pg::decode_feed_poll(fake_rows(rows, 12));
}

pg::feed_poll poll(const std::string& snapshot, std::optional<std::string> era = "era",
                   std::uint64_t pruned_below = 0) {
    pg::feed_poll p;
    p.snapshot = snapshot;
    p.era = std::move(era);
    p.pruned_below = pruned_below;
    return p;
}

} // namespace

BOOST_AUTO_TEST_SUITE(feed_poll)

BOOST_AUTO_TEST_CASE(reads_what_a_poll_says_of_itself) {
    const auto p = decode({state()}).value();
    BOOST_TEST(p.snapshot == "10:20:");
    BOOST_TEST(p.era.value() == "system/database/e");
    BOOST_TEST(p.pruned_below == 3u);
    BOOST_TEST((p.database_now == now));
    BOOST_TEST(p.committed_at.empty());
    BOOST_TEST(!p.signing_keys_changed);
    BOOST_TEST(!decode({state("1:1:", std::nullopt)})->era.has_value());
}

// Where organizations are told apart otherwise, what was learned of them was another's.
BOOST_AUTO_TEST_CASE(the_type_of_organizations_belongs_to_the_era) {
    const auto typed = [](const char* type) {
        auto row = state();
        row[11] = type;
        return decode({row}).value();
    };
    using form = auth::organization_form;
    BOOST_TEST((typed("uuid").changes.organization_ids == form::uuid));
    BOOST_TEST((typed("int8").changes.organization_ids == form::integer));
    BOOST_TEST((typed("varchar").changes.organization_ids == form::text));
    BOOST_TEST(typed("text").era.value() == typed("varchar").era.value());
    BOOST_TEST(typed("text").era.value() != typed("uuid").era.value());
    BOOST_TEST(!decode({state()})->changes.organization_ids.has_value());
    pg::feed_position position;
    position.advance(typed("text"));
    BOOST_TEST((position.advance(typed("text")) == outcome::follows));
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
    row[10] = "-device";
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
    const auto with = [](std::size_t column, std::optional<std::string> value) {
        auto row = change("organizations", {"o"});
        row[column] = std::move(value);
        return row;
    };
    const std::vector<fake_rows::row> cases = {
        with(0, ""),
        with(5, std::nullopt),
        with(5, "late"),
        with(6, "late"),
        with(8, "x"),
        with(9, "x"),
        change("api_keys", {}, {"short"}),
        change("revocations", {"+token", "i", "t", "", ""}),
        change("revocations", {"+nothing", "i", "t", "", "", "5"}),
        change("credentials", {"k1"}),
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        BOOST_TEST_CONTEXT("case " << i) {
            BOOST_TEST(!decode({cases[i]}).has_value());
            if (i > 2) BOOST_TEST(!decode({change("organizations", {"o"}), cases[i]}).has_value());
        }
    }
    BOOST_TEST(!decode({}).has_value());
    BOOST_TEST(!decode({fake_rows::row{"10:20:", "e"}}).has_value());
}

BOOST_AUTO_TEST_CASE(the_position_tells_what_may_be_missing) {
    pg::feed_position position;
    BOOST_TEST(!position.snapshot().has_value());
    BOOST_TEST((position.advance(poll("10:10:")) == outcome::lost));
    BOOST_TEST(position.snapshot().value() == "10:10:");
    BOOST_TEST((position.advance(poll("12:12:", "era", 10)) == outcome::follows));
    BOOST_TEST((position.advance(poll("14:14:", "era", 13)) == outcome::lost)); // pruned past 12
    BOOST_TEST((position.advance(poll("15:15:", "other")) == outcome::lost));
    BOOST_TEST((position.advance(poll("16:16:", std::nullopt)) == outcome::no_era));
    BOOST_TEST(!position.snapshot().has_value());
    BOOST_TEST((position.advance(poll("17:17:", "other")) == outcome::lost));
    BOOST_TEST((position.advance(poll("18:18:", "other")) == outcome::follows));
}

// Times in milliseconds: a distance of 10, an interval of 1000.
BOOST_AUTO_TEST_CASE(polls_keep_a_distance_however_many_are_wanted) {
    pg::poll_schedule schedule{core::milliseconds(10), core::milliseconds(1000)};
    const auto at = [](int ms) { return core::steady_time(core::milliseconds(1'000'000 + ms)); };
    BOOST_TEST((schedule.due() <= at(0)));
    schedule.began(at(0));
    BOOST_TEST((schedule.due() == at(1000)));
    // One that is wanted while another is under way waits for its end, and keeps its distance.
    schedule.want();
    BOOST_TEST((schedule.due() == at(10)));
    schedule.ended(at(4));
    BOOST_TEST((schedule.due() == at(14)));
    for (int i = 0; i < 6000; ++i)
        schedule.want();
    BOOST_TEST((schedule.due() == at(14)));
    schedule.began(at(14));
    schedule.ended(at(15));
    // All of them were one.
    BOOST_TEST((schedule.due() == at(1014)));
    // After a rest it goes out at once.
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
    // An interval shorter than the distance does not undercut it.
    pg::poll_schedule hasty{core::milliseconds(100), core::milliseconds(50)};
    hasty.began(at(0));
    hasty.ended(at(20));
    BOOST_TEST((hasty.due() == at(120)));
}

BOOST_AUTO_TEST_CASE(a_position_that_forgets_begins_anew) {
    pg::feed_position position;
    position.advance(poll("10:10:"));
    position.forget();
    BOOST_TEST(!position.snapshot().has_value());
    BOOST_TEST((position.advance(poll("11:11:")) == outcome::lost));
    BOOST_TEST((position.advance(poll("12:12:")) == outcome::follows));
}

BOOST_AUTO_TEST_SUITE_END()
