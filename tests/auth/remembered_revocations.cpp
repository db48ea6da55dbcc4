#include <latchkey/auth/revocation/remembered_revocations.hpp>

#include "auth/revocation/revocation_log.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace latchkey;
using auth::credential_kind;
using auth::revocation_change;
using auth::revocation_kind;

namespace {

constexpr core::boot_time at(core::seconds s) {
    return core::boot_time(s);
}

revocation_change of_key(const std::string& id, bool withdrawn = false) {
    return {{revocation_kind::credential,
             "",
             id,
             {},
             {},
             core::real_time(core::seconds(7)),
             credential_kind::api_key},
            withdrawn};
}
revocation_change of_token(const std::string& id, bool withdrawn = false) {
    return {{revocation_kind::token, "https://issuer", id, {}, {}, core::real_time{}}, withdrawn};
}

struct memory {
    core::epochs readers{1};
    auth::revocation_set withheld{readers, 1, 1'000'000, core::seconds(0)};
    auth::remembered_revocations remembered{withheld,
                                            {std::chrono::hours(1), 1 << 20, core::seconds(1)}};

    memory() { remembered.in_era("one"); }
    bool withholds(const std::string& key, const std::string& organization = "o") const {
        return withheld.names(credential_kind::api_key, key, organization);
    }
    void note(const std::vector<revocation_change>& changes, core::seconds s = core::seconds(0)) {
        remembered.note(changes, at(s));
    }
    // Judges all that is left to be judged, in pages, and returns it.
    std::vector<std::string> judge_all(std::size_t page_max = 2) {
        std::vector<std::string> out;
        while (auto page = remembered.next_page(page_max)) {
            BOOST_TEST(page->what.size() <= page_max);
            for (const auto& r : page->what)
                out.push_back(page->eras.back() + ":" + r.value);
            remembered.settled(*page);
        }
        remembered.all_is_judged(at(core::seconds(50)));
        return out;
    }
    // A poll that began when all look-ups of before had ended.
    void go_on() { remembered.current("9:9:", at(core::seconds(51))); }
};

using names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(remembered_revocations)

BOOST_AUTO_TEST_CASE(entries_are_read_as_they_were_written) {
    auth::revocation_log log;
    std::vector<revocation_change> all;
    for (std::size_t i = 0; i < auth::revocation_kinds.size(); ++i) {
        auto change = of_token("id " + std::to_string(i), i % 2 == 1);
        change.what.kind = static_cast<revocation_kind>(i);
        if (i % 2 == 0) change.what.issued_before = core::real_time(core::microseconds(-i - 1));
        if (i % 3 == 0) change.what.expires_at = core::real_time::max();
        if (i == 4) change.what.of = credential_kind::device;
        all.push_back(change);
    }
    all.push_back(of_key(std::string(300, 'x')));
    all.push_back(of_key(""));
    all.push_back(of_key(std::string(20000, 'y')));
    for (const auto& change : all)
        log.add(change, at(core::seconds(1)));
    BOOST_TEST(log.entries() == all.size());
    std::size_t i = 0;
    log.for_each([&](const revocation_change& read) {
        const auto& wrote = all[i++];
        BOOST_TEST((read.what.kind == wrote.what.kind));
        BOOST_TEST(read.what.issuer == wrote.what.issuer);
        BOOST_TEST(read.what.value == wrote.what.value);
        BOOST_TEST((read.what.issued_before == wrote.what.issued_before));
        BOOST_TEST((read.what.expires_at == wrote.what.expires_at));
        BOOST_TEST((read.what.created_at == wrote.what.created_at));
        BOOST_TEST((read.what.of == wrote.what.of));
        BOOST_TEST(read.withdrawn == wrote.withdrawn);
    });
    BOOST_TEST(i == all.size());
}

BOOST_AUTO_TEST_CASE(an_ended_generation_is_not_a_revocation) {
    auth::revocation_log log;
    auto change = of_key("k");
    change.what.below_generation = 3;
    log.add(change, at(core::seconds(1)));
    BOOST_TEST(log.entries() == 0u);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_withheld_while_the_database_is_the_same, memory) {
    note({of_key("a"), of_token("t")});
    remembered.current("1:1:", at(core::seconds(1)));
    BOOST_TEST(withheld.empty());
    BOOST_TEST(!remembered.pending());
    BOOST_TEST(!remembered.next_page(10));
}

BOOST_FIXTURE_TEST_CASE(all_is_withheld_until_it_is_judged, memory) {
    note({of_key("a"), of_key("b"), of_key("c"), of_key("b", true)});
    remembered.current("5:9:6", at(core::seconds(1)));
    remembered.database_changed();
    remembered.in_era("two");
    BOOST_TEST(remembered.pending());
    BOOST_TEST(withholds("a"));
    BOOST_TEST(!withholds("b")); // restored before
    BOOST_TEST(withholds("c"));
    const auto page = remembered.next_page(10);
    BOOST_REQUIRE(page);
    BOOST_TEST(page->seen == "5:9:6");
    BOOST_TEST(page->eras == names{"one"}, boost::test_tools::per_element());
    BOOST_TEST(judge_all() == (names{"one:a", "one:c"}), boost::test_tools::per_element());
    // A look-up of before may still be on its way, and so may the news of what was written back.
    remembered.current("9:9:", at(core::seconds(50)));
    BOOST_TEST(withholds("a"));
    go_on();
    BOOST_TEST(!remembered.pending());
    BOOST_TEST(withheld.empty());
}

BOOST_FIXTURE_TEST_CASE(where_there_is_nothing_to_judge_it_ends, memory) {
    note({of_key("a"), of_key("a", true)});
    remembered.database_changed();
    BOOST_TEST(remembered.pending());
    BOOST_TEST(judge_all().empty());
    go_on();
    BOOST_TEST(!remembered.pending());
}

// What is told under the new identity counts.
BOOST_FIXTURE_TEST_CASE(what_is_restored_meanwhile_is_not_withheld_any_more, memory) {
    note({of_key("a"), of_key("b")});
    remembered.database_changed();
    remembered.in_era("two");
    note({of_key("a", true)});
    BOOST_TEST(!withholds("a"));
    BOOST_TEST(judge_all() == names{"one:b"}, boost::test_tools::per_element());
}

// Each entry is judged as one of the database that it was obeyed in.
BOOST_FIXTURE_TEST_CASE(a_database_may_change_again_before_all_is_judged, memory) {
    note({of_key("a"), of_key("b"), of_key("c")});
    remembered.database_changed();
    remembered.in_era("two");
    auto page = remembered.next_page(1);
    BOOST_REQUIRE(page);
    remembered.settled(*page);
    page = remembered.next_page(1);
    note({of_key("d")});
    remembered.database_changed();
    remembered.in_era("three");
    for (const auto* id : {"a", "b", "c", "d"})
        BOOST_TEST(withholds(id));
    remembered.settled(*page); // an answer of the database before counts for nothing
    BOOST_TEST(judge_all() == (names{"two:d", "one:a", "one:b", "one:c"}),
               boost::test_tools::per_element());
    go_on();
    // Afterwards, that which the last one has told counts.
    note({of_key("a")});
    remembered.database_changed();
    BOOST_TEST(judge_all() == names{"three:a"}, boost::test_tools::per_element());
}

// After a long time the latest are judged first: they are the ones that may be lost.
BOOST_FIXTURE_TEST_CASE(the_latest_are_judged_first, memory) {
    for (int i = 0; i < 5000; ++i)
        note({of_key("key_" + std::to_string(100'000 + i))});
    remembered.database_changed();
    const auto order = judge_all(100);
    BOOST_TEST(order.size() == 5000u);
    const auto place = [&](const char* id) { return std::ranges::find(order, id) - order.begin(); };
    BOOST_TEST(place("one:key_104999") < place("one:key_100000"));
}

BOOST_FIXTURE_TEST_CASE(an_accepted_database_is_right, memory) {
    note({of_key("a")});
    remembered.database_changed();
    note({of_key("b")});
    remembered.accepted();
    BOOST_TEST(!remembered.pending());
    BOOST_TEST(withheld.empty());
    remembered.in_era("two");
    remembered.database_changed();
    BOOST_TEST(judge_all() == names{"two:b"}, boost::test_tools::per_element());
}

// Of changes that were missed, nobody knows whether they restored something.
BOOST_FIXTURE_TEST_CASE(after_missed_changes_the_database_is_right, memory) {
    note({of_key("a")});
    remembered.missed_changes();
    remembered.database_changed();
    BOOST_TEST(!remembered.pending());
}

BOOST_FIXTURE_TEST_CASE(it_is_kept_for_an_hour_since_the_database_had_it, memory) {
    note({of_key("a")}, core::seconds(100));
    remembered.current("1:1:", at(core::seconds(3700)));
    BOOST_TEST(remembered.entries() == 1u);
    remembered.current("1:1:", at(core::seconds(3701)));
    BOOST_TEST(remembered.entries() == 0u);
    // While it is not judged, it is kept for any time.
    note({of_key("a")}, core::seconds(100));
    remembered.database_changed();
    remembered.current("1:1:", at(core::seconds(100'000)));
    BOOST_TEST(remembered.entries() == 1u);
    BOOST_TEST(judge_all().size() == 1u);
    go_on();
    BOOST_TEST(remembered.entries() == 0u); // the present database has it
}

BOOST_FIXTURE_TEST_CASE(an_organization_is_withheld_with_all_that_is_its_own, memory) {
    remembered.set_organization_ids(auth::organization_form::caseless);
    auto disabled = of_token("ACME");
    disabled.what.kind = revocation_kind::disabled_organization;
    disabled.what.issuer.clear();
    note({disabled});
    remembered.database_changed();
    BOOST_TEST(withholds("any", "ACME"));
    BOOST_TEST(withholds("any", "acme")); // as tokens spell it
    BOOST_TEST(!withholds("any", "other"));
}

BOOST_FIXTURE_TEST_CASE(its_memory_is_bounded, memory) {
    for (int i = 0; i < 40'000; ++i)
        note({of_key("key_" + std::to_string(100'000'000 + i) + "_0123456789")});
    BOOST_TEST(remembered.entries() < 40'000u);
    BOOST_TEST(remembered.entries() > 20'000u);
    remembered.database_changed();
    BOOST_TEST(withholds("key_100039999_0123456789"));
    BOOST_TEST(!withholds("key_100000000_0123456789")); // the oldest went
    BOOST_TEST(judge_all(1000).size() == remembered.entries());
}

BOOST_AUTO_TEST_SUITE_END()
