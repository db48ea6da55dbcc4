// The audit trail, read page by page and followed; and what a change of Latchkey's own leaves in
// it.
#include "audited_database.hpp"
#include "changing.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

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
        for (;;) {
            const auto page = database.list(asked).value();
            const bool same = page.next_cursor == asked.cursor;
            asked.cursor = page.next_cursor.value();
            if (!page.events.empty()) out += (out.empty() ? "" : " ") + trail::ids(page);
            if (same || page.events.empty()) return out;
        }
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
