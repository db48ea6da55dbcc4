// The audit trail, read page by page and followed; and what a change of Latchkey's own leaves in
// it.
#include "audited_database.hpp"
#include "changing.hpp"

#include "pg/writes/audit_statements.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct trail : audited_database {
    changing change{configuration()};

    void organizations(const std::string& ids) {
        exec("insert into public.organizations (organization_id) select unnest('{" + ids +
             "}'::text[])");
    }
    core::result<auth::audit_page> list(auth::audit_query asked) {
        return change.ask([&](auto& store) { return store.list_audit_events(std::move(asked)); });
    }
    static std::string ids(const auth::audit_page& page) {
        std::string out;
        for (const auto& e : page.events)
            out += (out.empty() ? "" : " ") + e.object_id.value_or("-");
        return out;
    }
    template <class Ask>
    std::string found(Ask ask) {
        return ids(list(asking(ask)).value());
    }
    /// A query that `ask` fills.
    template <class Ask>
    static auth::audit_query asking(Ask ask) {
        auth::audit_query out;
        ask(out);
        return out;
    }
};

// Reads on where it ended, as `audit list --follow` does.
struct follower {
    trail& database;
    auth::audit_query asked = trail::asking([](auto& q) {
        q.oldest_first = true;
        q.limit = 2;
    });

    std::string read() {
        std::string out;
        for (pages = 1;; ++pages) {
            const auto page = database.list(asked).value();
            asked.cursor = page.next_cursor.value();
            if (!page.events.empty()) out += (out.empty() ? "" : " ") + trail::ids(page);
            if (!page.more) return out;
        }
    }
    int pages = 0;
};

// A trail with many events that nobody asks for.
struct long_trail : trail {
    void others(int count, const std::string& organization = "other") {
        exec("insert into latchkey.audit_events (actor, action, object_kind, object_id,"
             " organization_id) select '{}', 'k.update', 'k', 'x', '" +
             organization + "' from generate_series(1, " + std::to_string(count) + ")");
    }
    /// What all pages show, with "-" for each that shows nothing.
    std::string all(auth::audit_query asked) {
        std::string out;
        for (;;) {
            const auto page = list(asked).value();
            out += page.events.empty() ? "-" : ids(page);
            BOOST_TEST(page.next_cursor.has_value() == page.more);
            if (!page.more) return out;
            asked.cursor = page.next_cursor;
        }
    }
    /// The most rows that a step of the statement's plan gives or passes over. `values`: $1 and so
    /// on, from the first one on that is not NULL.
    std::size_t most_looked_at(const pg::statement& s, int from, const std::string& values) {
        std::string nulls;
        for (int n = 1; n < from; ++n)
            nulls += "null, ";
        exec("deallocate all; prepare page as " + std::string(s.text));
        std::size_t out = 0;
        for (const auto& line :
             query("explain (analyze, costs off, timing off, summary off) execute page(" + nulls +
                   values + ")"))
            for (const std::string_view before : {" rows=", "Rows Removed by Filter: "})
                if (const auto at = line[0]->find(before); at != line[0]->npos) {
                    const auto number = std::stoul(line[0]->substr(at + before.size()));
                    out = std::max(out, number);
                }
        return out;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(audit_pages, trail)

BOOST_AUTO_TEST_CASE(the_latest_come_first_page_by_page) {
    organizations("a,b,c,d,e");
    auto asked = asking([](auto& q) { q.limit = 2; });
    std::string pages;
    for (;;) {
        const auto page = list(asked).value();
        pages += ids(page) + '|';
        if (!page.next_cursor) break;
        asked.cursor = page.next_cursor;
        organizations("f" + std::to_string(pages.size())); // later ones do not shift the pages
    }
    BOOST_TEST(pages == "e d|c b|a|");
}

BOOST_AUTO_TEST_CASE(each_filter_filters) {
    organizations("a,b");
    exec("update public.organizations set status = 'off' where organization_id = 'a'");
    const auto key = [&](const std::string& organization) {
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) values (sha256('" +
             organization + "'), 'key_" + organization + "', '" + organization + "')");
    };
    key("a");
    const auto between = std::chrono::system_clock::now();
    exec("begin; set local latchkey.actor = '{\"kind\":\"api_key\",\"key_id\":\"k1\"}'");
    key("b");
    exec("commit");

    BOOST_TEST(found([](auto&) {}) == "key_b key_a a b a");
    BOOST_TEST(found([&](auto& q) { q.since = between; }) == "key_b");
    BOOST_TEST(found([&](auto& q) { q.until = between; }) == "key_a a b a");
    BOOST_TEST(found([&](auto& q) { q.actor = "k1"; }) == "key_b");
    BOOST_TEST(found([&](auto& q) { q.actor = "api_key"; }) == "key_b");
    BOOST_TEST(found([&](auto& q) { q.actor = "sql"; }) == "key_a a b a");
    BOOST_TEST(found([&](auto& q) { q.action = "organization.disable"; }) == "a");
    BOOST_TEST(found([&](auto& q) { q.action = "organization"; }) == "a b a");
    BOOST_TEST(found([&](auto& q) { q.action = "create"; }) == "key_b key_a b a");
    BOOST_TEST(found([&](auto& q) { q.action = "%"; }) == "");
    BOOST_TEST(found([&](auto& q) { q.object_id = "key_a"; }) == "key_a");
    BOOST_TEST(found([&](auto& q) { q.organization_id = "b"; }) == "key_b b");
    // Whoever is bound to an organization sees no other's, whatever is asked for.
    BOOST_TEST(found([&](auto& q) { q.only_organization = "b"; }) == "key_b b");
    BOOST_TEST(found([&](auto& q) {
                   q.object_id = "key_a";
                   q.only_organization = "b";
               }) == "");
    BOOST_TEST(found([&](auto& q) {
                   q.organization_id = "a";
                   q.only_organization = "b";
               }) == "");
    BOOST_TEST(found([&](auto& q) {
                   q.only_organization = "b";
                   q.oldest_first = true;
               }) == "b key_b");
}

BOOST_AUTO_TEST_CASE(a_follower_sees_each_event_once_late_ones_too) {
    organizations("a,b,c");
    follower f{*this};
    BOOST_TEST(f.read() == "a b c");
    BOOST_TEST(f.read() == "");

    session late(uri());
    late.exec("begin; insert into public.organizations (organization_id) values ('late')");
    organizations("d");
    BOOST_TEST(f.read() == "d");
    organizations("e");
    late.exec("insert into public.organizations (organization_id) values ('later')");
    BOOST_TEST(f.read() == "e");
    late.exec("commit");
    BOOST_TEST(f.read() == "late later");
    BOOST_TEST(f.read() == "");
}

// Otherwise a filter that matches little would keep all other operators waiting.
BOOST_FIXTURE_TEST_CASE(a_page_looks_at_so_many_events, long_trail) {
    organizations("a");
    others(10'000);
    auto asked = asking([](auto& q) { q.action = "organization"; });
    const auto first = list(asked).value();
    BOOST_TEST(first.events.empty());
    BOOST_TEST(first.more);
    BOOST_TEST(first.next_cursor.has_value());
    BOOST_TEST(all(asked) == "-----a");
    asked.action = "organization.none";
    BOOST_TEST(all(asked) == "------");
    // As many as a page looks at, and one less.
    BOOST_TEST(all(asking([](auto& q) {
                   q.actor = "nobody";
                   q.since = core::real_time::min();
                   q.limit = 1;
               })) == "------");

    follower f{*this};
    f.asked.action = "organization";
    others(2'000);
    organizations("b");
    BOOST_TEST(f.read() == "a b");
    BOOST_TEST(f.pages == 7);
    BOOST_TEST(f.read() == "");
    BOOST_TEST(f.pages == 1);
    // What came since is looked through page by page as well, be it of one transaction.
    others(4'001);
    organizations("c");
    BOOST_TEST(f.read() == "c");
    BOOST_TEST(f.pages == 3);
}

BOOST_FIXTURE_TEST_CASE(who_commits_late_is_seen_behind_many, long_trail) {
    organizations("a");
    follower f{*this};
    f.asked.action = "organization";
    session late(uri());
    late.exec("begin; insert into public.organizations (organization_id) values ('late')");
    BOOST_TEST(f.read() == "a");
    others(5'000);
    organizations("b");
    BOOST_TEST(f.read() == "b");
    others(3'000);
    late.exec("insert into public.organizations (organization_id) values ('later'); commit");
    organizations("c");
    BOOST_TEST(f.read() == "late later c");
    BOOST_TEST(f.read() == "");
}

// An organization's and an object's events are found by their indexes, wherever they are.
BOOST_FIXTURE_TEST_CASE(others_events_are_not_looked_at, long_trail) {
    others(8'000, "mine");
    organizations("a");
    others(20'000);
    exec("analyze latchkey.audit_events");
    const auto of_a = asking([](auto& q) { q.organization_id = "a"; });
    BOOST_TEST(all(of_a) == "a");
    BOOST_TEST(all(asking([](auto& q) { q.object_id = "a"; })) == "a");
    auto bound = asking([](auto& q) {
        q.only_organization = "mine";
        q.action = "none";
    });
    BOOST_TEST(all(bound) == "-----");
    bound.until = core::real_time() + core::seconds(1);
    BOOST_TEST(all(bound) == "-");

    using namespace pg::statements;
    const std::string mine = "'none', null, null, 'mine', 100, null, null";
    const std::string anybody = "'none', null, null, null, 100, null, null";
    BOOST_TEST(most_looked_at(latest_audit_events, 4, anybody) == 2000u);
    BOOST_TEST(most_looked_at(first_audit_events, 4, anybody + ", null") == 2000u);
    BOOST_TEST(most_looked_at(latest_audit_events_of_organization, 4, mine) == 2000u);
    BOOST_TEST(most_looked_at(first_audit_events_of_organization, 4, mine + ", null") == 2000u);
    const std::string object = "'none', 'x', null, null, 100, null, null";
    BOOST_TEST(most_looked_at(latest_audit_events_of_object, 4, object) == 2000u);
    BOOST_TEST(most_looked_at(first_audit_events_of_object, 4, object + ", null") == 2000u);
    BOOST_TEST(most_looked_at(further_audit_events, 4, anybody + ", null, '5:5:'") == 2000u);
}

BOOST_FIXTURE_TEST_CASE(each_event_is_on_one_page, long_trail) {
    // Several of one instant.
    exec("insert into latchkey.audit_events (at, actor, action, object_kind, object_id,"
         " organization_id) select date_trunc('second', now()) + n / 3 * interval '1 us', '{}',"
         " 'k.update', 'k', n, 'o' from generate_series(10, 30) n");
    std::string up;
    std::string down;
    for (int n = 10; n <= 30; ++n) {
        up += std::to_string(n);
        down += std::to_string(40 - n);
    }
    const auto shown = [&](auth::audit_query asked) {
        asked.limit = 4;
        std::string out;
        for (;;) {
            const auto page = list(asked).value();
            for (const auto& e : page.events)
                out += e.object_id.value();
            if (!page.more) return out;
            asked.cursor = page.next_cursor;
        }
    };
    for (const auto* of : {"", "o"}) {
        auto asked = asking([&](auto& q) {
            if (*of) q.organization_id = of;
        });
        BOOST_TEST(shown(asked) == down);
        asked.oldest_first = true;
        BOOST_TEST(shown(asked) == up);
    }
}

// What is committed while a series of pages is read comes with the next series.
BOOST_AUTO_TEST_CASE(a_series_of_pages_is_of_one_instant) {
    organizations("a,b,c");
    auto asked = asking([](auto& q) {
        q.oldest_first = true;
        q.limit = 2;
    });
    const auto first = list(asked).value();
    BOOST_TEST(ids(first) == "a b");
    organizations("d");
    asked.cursor = first.next_cursor;
    const auto second = list(asked).value();
    BOOST_TEST(ids(second) == "c");
    asked.cursor = second.next_cursor;
    BOOST_TEST(ids(list(asked).value()) == "d");
}

BOOST_AUTO_TEST_CASE(a_cursor_that_no_page_gave_is_refused) {
    organizations("a,b,c");
    const auto desc = list(asking([&](auto& q) { q.limit = 1; })).value().next_cursor.value();
    const auto asc =
        list(asking([&](auto& q) { q.oldest_first = true; })).value().next_cursor.value();
    BOOST_TEST(ids(list(asking([&](auto& q) { q.cursor = desc; })).value()) == "b a");
    for (const std::string bad : {"", "1", "x y", "AAAA", asc.c_str()})
        BOOST_TEST((list(asking([&](auto& q) { q.cursor = bad; })).error().kind ==
                    core::failure_kind::invalid),
                   bad);
    for (const std::string bad : {"", "1", "AAAA"})
        BOOST_TEST((list(asking([&](auto& q) {
                        q.oldest_first = true;
                        q.cursor = bad;
                    }))
                        .error()
                        .kind == core::failure_kind::invalid),
                   bad);
}

BOOST_AUTO_TEST_CASE(a_restored_copy_of_another_cluster_is_listed) {
    organizations("a");
    exec("insert into latchkey.audit_events (actor, action, object_kind, object_id, xid) values"
         " ('{}', 'a', 'k', 'foreign', '9000000000000')");
    follower f{*this};
    BOOST_TEST(f.read() == "a foreign");
    organizations("b");
    BOOST_TEST(f.read() == "b");
}

// --- Latchkey's own changes ---

BOOST_AUTO_TEST_CASE(an_own_change_and_an_act_without_a_row_name_who_asked) {
    auth::operator_request by{R"({"kind":"socket","uid":7})", "request-1", {}};
    change.ask([&](auto& store) {
              return store.create_organization({"acme", "Acme"}, by);
          })
        .value();
    BOOST_TEST(recorded("concat_ws(' ', actor, action, object_id, request_id)") ==
               R"({"uid": 7, "kind": "socket"} organization.create acme request-1)");
    const auto id = change.ask([&](auto& store) {
        return store.record_act({"server.reload", "server", "n1", {}, R"({"changed":[]})"}, by);
    });
    BOOST_TEST(id.value() == value("select max(event_id) from latchkey.audit_events"));
    BOOST_TEST(recorded("concat_ws(' ', actor, action, object_id, request_id, after)") ==
               R"({"uid": 7, "kind": "socket"} server.reload n1 request-1 {"changed": []})");
}

BOOST_DATA_TEST_CASE(an_own_change_that_cannot_be_recorded_is_refused_and_says_so,
                     boost::unit_test::data::make(audit_damages), damage) {
    trail database;
    database.exec(damage.done);
    const auto made = database.change.create(auth::new_organization{"acme", "Acme"});
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().kind == core::failure_kind::unavailable));
    BOOST_TEST(made.error().message.find("audit trail (latchkey.audit_events)") !=
               std::string::npos);
    BOOST_TEST(made.error().message.find(damage.sqlstate) != std::string::npos);
    BOOST_TEST(database.value("select count(*) from public.organizations") == "0");
}

BOOST_AUTO_TEST_SUITE_END()
