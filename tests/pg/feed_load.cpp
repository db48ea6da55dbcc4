#include "pg/feed/feed_load.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using outcome = pg::feed_position::outcome;
using step = pg::feed_load::step;

namespace {

std::vector<pg::revocation_row> rows(std::int64_t first, std::size_t count) {
    std::vector<pg::revocation_row> out(count);
    for (auto& row : out) {
        row.id = first++;
        row.what.value = std::to_string(row.id);
    }
    return out;
}
auth::change_set one_organization() {
    auth::change_set told;
    told.organizations = {"o"};
    return told;
}
auth::change_set apply(pg::feed_load& load) {
    BOOST_REQUIRE((load.next() == step::apply));
    auto changes = load.take();
    load.applied();
    return changes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(feed_load)

BOOST_AUTO_TEST_CASE(a_poll_that_follows_is_applied) {
    pg::feed_load load(outcome::follows, one_organization(), false);
    const auto changes = apply(load);
    BOOST_TEST(changes.organizations.size() == 1u);
    BOOST_TEST(!changes.everything);
    BOOST_TEST((load.next() == step::done));
}

BOOST_AUTO_TEST_CASE(signing_keys_are_there_before_what_tells_of_them_is_applied) {
    pg::feed_load load(outcome::follows, one_organization(), true);
    BOOST_TEST((load.next() == step::load_signing_keys));
    load.loaded(std::vector<auth::signing_key>(2));
    const auto changes = apply(load);
    BOOST_TEST(changes.organizations.size() == 1u);
    BOOST_TEST(changes.signing_keys.value().size() == 2u);
    BOOST_TEST((load.next() == step::done));
}

BOOST_AUTO_TEST_CASE(what_was_lost_is_loaded_page_by_page) {
    pg::feed_load load(outcome::lost, one_organization(), false);
    const auto first = apply(load);
    BOOST_TEST(first.everything);
    BOOST_TEST(first.forget_revocations);
    BOOST_TEST(first.organizations.empty());

    std::int64_t next_id = 3;
    for (int page = 0; page < 2; ++page) {
        BOOST_TEST((load.next() == step::load_revocations));
        BOOST_TEST(load.after() == (page == 0 ? 0 : next_id - 1));
        load.loaded(rows(next_id, pg::feed_load::page_max));
        next_id += static_cast<std::int64_t>(pg::feed_load::page_max);
        const auto changes = apply(load);
        BOOST_TEST(changes.revocations.size() == pg::feed_load::page_max);
        BOOST_TEST(changes.revocations.back().what.value == std::to_string(next_id - 1));
        BOOST_TEST(!changes.revocations.back().withdrawn);
        BOOST_TEST(!changes.everything);
        BOOST_TEST(!changes.forget_revocations);
    }
    BOOST_TEST(load.after() == next_id - 1);
    load.loaded(rows(next_id, 1));
    BOOST_TEST(apply(load).revocations.size() == 1u);

    BOOST_TEST((load.next() == step::load_signing_keys));
    load.loaded(std::vector<auth::signing_key>(1));
    BOOST_TEST(apply(load).signing_keys.value().size() == 1u);
    // Nodes that count the live ones must find this one before it answers anything.
    BOOST_TEST((load.next() == step::announce));
    load.announced();
    BOOST_TEST((load.next() == step::done));
}

BOOST_AUTO_TEST_CASE(an_empty_page_ends_it) {
    for (const std::size_t before : {std::size_t{0}, pg::feed_load::page_max}) {
        pg::feed_load load(outcome::lost, {}, true);
        apply(load);
        if (before > 0) {
            load.loaded(rows(1, before));
            apply(load);
        }
        BOOST_TEST((load.next() == step::load_revocations));
        load.loaded(std::vector<pg::revocation_row>());
        BOOST_TEST((load.next() == step::load_signing_keys));
        load.loaded(std::vector<auth::signing_key>());
        // An empty list is an answer too.
        BOOST_TEST(apply(load).signing_keys.value().empty());
        BOOST_TEST((load.next() == step::announce));
        load.announced();
        BOOST_TEST((load.next() == step::done));
    }
}

BOOST_AUTO_TEST_CASE(without_an_era_nothing_is_loaded) {
    pg::feed_load load(outcome::no_era, one_organization(), true);
    const auto changes = apply(load);
    BOOST_TEST(changes.everything);
    BOOST_TEST(changes.organizations.empty());
    BOOST_TEST((load.next() == step::done));
}

// Interrupted after any number of steps, it gives up unless nothing is left to load.
BOOST_AUTO_TEST_CASE(interrupted_anywhere_it_publishes_nothing_that_it_has_not_loaded) {
    struct {
        outcome of;
        bool signing_keys;
        int last_load; ///< from this step on everything is loaded
    } const cases[] = {{outcome::follows, false, 0},
                       {outcome::follows, true, 1},
                       {outcome::no_era, true, 0},
                       {outcome::lost, false, 8}};
    for (const auto& c : cases) {
        for (int steps = 0; steps < 10; ++steps) {
            BOOST_TEST_CONTEXT(static_cast<int>(c.of) << ", after " << steps) {
                pg::feed_load load(c.of, one_organization(), c.signing_keys);
                for (int i = 0; i < steps; ++i) {
                    if (load.next() == step::apply)
                        apply(load);
                    else if (load.next() == step::load_revocations)
                        load.loaded(rows(1, load.after() == 0 ? pg::feed_load::page_max : 1));
                    else if (load.next() == step::load_signing_keys)
                        load.loaded(std::vector<auth::signing_key>());
                    else if (load.next() == step::announce)
                        load.announced();
                }
                load.interrupted();
                if (load.next() == step::apply) apply(load);
                BOOST_TEST((load.next() == (steps < c.last_load ? step::give_up : step::done)));
            }
        }
    }
}

// Another database goes on: what is known of revocations counts until its own are read.
BOOST_AUTO_TEST_CASE(a_position_that_resumes_withdraws_last) {
    auto told = one_organization();
    told.organization_ids = auth::organization_form::uuid;
    auth::revocation_change came;
    came.what.value = "came";
    auth::revocation_change gone = came;
    gone.what.value = "gone";
    gone.withdrawn = true;
    auth::revocation_change again = gone; // a row of the table has it
    again.what.value = "2";
    told.revocations = {gone, came, again};
    pg::feed_load load(outcome::resumes, std::move(told), false);
    auto changes = apply(load);
    BOOST_TEST(!changes.everything);
    BOOST_TEST(!changes.forget_revocations);
    BOOST_TEST(!changes.organization_ids.has_value());
    BOOST_TEST(changes.organizations.size() == 1u);
    BOOST_TEST(changes.revocations.empty());

    BOOST_TEST((load.next() == step::load_revocations));
    load.loaded(rows(1, pg::feed_load::page_max));
    BOOST_TEST(apply(load).revocations.size() == pg::feed_load::page_max);
    BOOST_TEST((load.next() == step::load_revocations));
    load.loaded(rows(10'000, 1));
    changes = apply(load);
    BOOST_REQUIRE(changes.revocations.size() == 2u);
    BOOST_TEST(changes.revocations[0].what.value == "gone");
    BOOST_TEST(changes.revocations[0].withdrawn);
    BOOST_TEST(changes.revocations[1].what.value == "10000");
    BOOST_TEST((load.next() == step::load_signing_keys));
    load.loaded(std::vector<auth::signing_key>());
    apply(load);
    BOOST_TEST((load.next() == step::announce));
    load.announced();
    BOOST_TEST((load.next() == step::done));
}

BOOST_AUTO_TEST_SUITE_END()
