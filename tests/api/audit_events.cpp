// GET /admin/v1/audit-events, on a store that answers at once.
#include "support_admin.hpp"

#include <latchkey/core/text/rfc3339.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

answered list(fake_admin_store& store, std::string_view query) {
    auto request = get("/admin/v1/audit-events");
    request.query = query;
    return ask(store, request);
}

} // namespace

BOOST_AUTO_TEST_SUITE(audit_events)

BOOST_AUTO_TEST_CASE(an_event_is_told_with_null_for_what_it_has_not) {
    fake_admin_store store;
    store.trail = {{{"17",
                     at,
                     R"({"kind": "sql"})",
                     "api_key.revoke",
                     "api_key",
                     "k",
                     "o",
                     {},
                     R"({"revoked_at": null})",
                     R"({"revoked_at": "2027"})"},
                    {"16", at, "{}", "device.truncate", "device", {}, {}, "r", {}, {}}},
                   "next",
                   true};
    const auto a = list(store, "");
    BOOST_TEST(a.status == 200);
    BOOST_TEST(a.body ==
               R"({"audit_events":[{"event_id":"17","at":"2027-01-15T08:00:00.250000Z",)"
               R"("actor":{"kind":"sql"},"action":"api_key.revoke","object_kind":"api_key",)"
               R"("object_id":"k","organization_id":"o","request_id":null,)"
               R"("before":{"revoked_at":null},"after":{"revoked_at":"2027"}},)"
               R"({"event_id":"16","at":"2027-01-15T08:00:00.250000Z","actor":{},)"
               R"("action":"device.truncate","object_kind":"device","object_id":null,)"
               R"("organization_id":null,"request_id":"r","before":null,"after":null}],)"
               R"("next_cursor":"next","more":true})");
}

BOOST_AUTO_TEST_CASE(the_query_is_passed_on) {
    fake_admin_store store;
    BOOST_TEST(list(store,
                    "since=2027-01-01T00:00:00Z&until=2027-02-01T00:00:00%2B01:00&actor=a%20b"
                    "&action=api_key&object_id=k%2Fl&organization_id=o&order=asc&limit=7"
                    "&cursor=abc")
                   .status == 200);
    const auto& asked = store.trail_asked.value();
    BOOST_TEST((asked.since == core::parse_rfc3339("2027-01-01T00:00:00Z")));
    BOOST_TEST((asked.until == core::parse_rfc3339("2027-01-31T23:00:00Z")));
    BOOST_TEST(asked.actor.value() == "a b");
    BOOST_TEST(asked.action.value() == "api_key");
    BOOST_TEST(asked.object_id.value() == "k/l");
    BOOST_TEST(asked.organization_id.value() == "o");
    BOOST_TEST(asked.oldest_first);
    BOOST_TEST(asked.limit == 7u);
    BOOST_TEST(asked.cursor.value() == "abc");

    list(store, "");
    BOOST_TEST(!store.trail_asked->oldest_first);
    BOOST_TEST(store.trail_asked->limit == 100u);
    BOOST_TEST(!store.trail_asked->since.has_value());
}

// A filter that is passed over would show too much.
BOOST_AUTO_TEST_CASE(a_query_that_cannot_be_read_is_refused_and_names_it) {
    struct {
        const char* query;
        const char* says;
    } const cases[] = {
        {"since=2d", "since"},  {"until=", "until"},          {"order=up", "order"},
        {"limit=0", "limit"},   {"limit=1001", "limit"},      {"actr=a", "actor"},
        {"actor=%zz", "actor"}, {"actor=a&actor=b", "actor"}, {"object_id=%00", "object_id"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.query) {
            fake_admin_store store;
            const auto a = list(store, c.query);
            BOOST_TEST(a.status == 400);
            BOOST_TEST(a.body.find(c.says) != std::string::npos);
            BOOST_TEST(!store.trail_asked.has_value());
        }
}

BOOST_AUTO_TEST_SUITE_END()
