#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/auth/device/judge_device.hpp>

#include <boost/test/unit_test.hpp>

#include <initializer_list>

using namespace latchkey;
using auth::caller_reach;
using auth::caller_right;
using auth::caller_scopes;

namespace {

caller_scopes of(std::initializer_list<std::string_view> names) {
    caller_scopes out;
    for (const auto name : names)
        BOOST_REQUIRE(out.add(name));
    return out;
}

auth::verdict verdict_of(const auth::api_key_facts& facts, std::vector<std::string_view> asked) {
    return auth::judge(auth::api_key_record(facts), {.scopes = asked, .ip = {}}, core::real_time());
}

} // namespace

BOOST_AUTO_TEST_SUITE(scopes_of_callers)

BOOST_AUTO_TEST_CASE(a_scope_reaches_the_own_organization_or_all) {
    struct {
        std::string_view name;
        caller_right right;
        caller_reach reach;
    } const cases[] = {
        {"latchkey:verify", caller_right::verify, caller_reach::own},
        {"latchkey:verify:*", caller_right::verify, caller_reach::all},
        {"latchkey:issue", caller_right::issue, caller_reach::own},
        {"latchkey:issue:*", caller_right::issue, caller_reach::all},
        {"latchkey:introspect", caller_right::introspect, caller_reach::own},
        {"latchkey:introspect:*", caller_right::introspect, caller_reach::all},
        {"latchkey:revoke", caller_right::revoke, caller_reach::own},
        {"latchkey:revoke:*", caller_right::revoke, caller_reach::all},
        {"latchkey:admin:read", caller_right::admin_read, caller_reach::own},
        {"latchkey:admin:read:*", caller_right::admin_read, caller_reach::all},
        {"latchkey:admin:write", caller_right::admin_write, caller_reach::own},
        {"latchkey:admin:write:*", caller_right::admin_write, caller_reach::all},
        {"latchkey:metrics", caller_right::metrics, caller_reach::all},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            const auto held = of({c.name});
            for (std::size_t i = 0; i < auth::caller_right_count; ++i) {
                const auto right = static_cast<caller_right>(i);
                const auto expected = right == c.right ? c.reach : caller_reach::none;
                BOOST_TEST((held.reach(right) == expected));
                BOOST_TEST((caller_scopes::all().reach(right) == caller_reach::all));
            }
            BOOST_TEST((held.names() == std::vector<std::string>{std::string(c.name)}));
            BOOST_TEST(held.has(c.name));
            BOOST_TEST(caller_scopes::all().has(c.name));
        }
    }
    BOOST_TEST(caller_scopes::all().names().size() == std::size(cases));
}

BOOST_AUTO_TEST_CASE(no_other_name_is_one) {
    for (const auto* name :
         {"", "latchkey:", "latchkey:*", "latchkey:verify:", "latchkey:metrics:*", "latchkey:admin",
          "latchkey:admin:*", "LATCHKEY:VERIFY", "verify", " latchkey:verify",
          "latchkey:verify:*:*"}) {
        BOOST_TEST_CONTEXT(name) {
            caller_scopes none;
            BOOST_TEST(!none.add(name));
            BOOST_TEST(none.empty());
            BOOST_TEST(!caller_scopes::all().has(name));
        }
    }
}

// One organization's scope is no more than that, wherever it is given.
BOOST_AUTO_TEST_CASE(nobody_gives_what_it_does_not_hold) {
    struct {
        std::initializer_list<std::string_view> held, given;
        bool to_own, to_others;
    } const cases[] = {
        {{}, {}, true, true},
        {{}, {"latchkey:verify"}, false, false},
        {{"latchkey:verify"}, {"latchkey:verify"}, true, false},
        {{"latchkey:verify"}, {"latchkey:verify:*"}, false, false},
        {{"latchkey:verify:*"}, {"latchkey:verify"}, true, true},
        {{"latchkey:verify:*"}, {"latchkey:verify:*"}, true, true},
        {{"latchkey:verify:*"}, {"latchkey:issue"}, false, false},
        {{"latchkey:verify:*"}, {"latchkey:verify", "latchkey:issue"}, false, false},
        {{"latchkey:metrics"}, {"latchkey:metrics"}, true, true},
        {{"latchkey:admin:write:*"}, {"latchkey:metrics"}, false, false},
        {{"latchkey:admin:write:*"}, {"latchkey:admin:read"}, false, false},
        {{"latchkey:admin:read:*"}, {"latchkey:metrics"}, false, false},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT("case " << &c - cases) {
            BOOST_TEST(of(c.held).may_give(of(c.given), true) == c.to_own);
            BOOST_TEST(of(c.held).may_give(of(c.given), false) == c.to_others);
            BOOST_TEST(caller_scopes::all().may_give(of(c.given), false));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_request_is_divided_into_both_kinds) {
    std::vector<std::string> scopes = {"read", "latchkey:verify", "latchkey:nonsense", "write"};
    BOOST_TEST(auth::find_unknown_caller_scope(scopes).value() == "latchkey:nonsense");
    BOOST_TEST((auth::take_caller_scopes(scopes) == of({"latchkey:verify"})));
    BOOST_TEST((scopes == std::vector<std::string>{"read", "write"}));
    BOOST_TEST(!auth::find_unknown_caller_scope(scopes));
}

BOOST_AUTO_TEST_CASE(a_requested_scope_of_a_caller_is_granted_by_no_other) {
    using enum auth::verdict;
    auth::api_key_facts facts;
    facts.scopes = {"latchkey:issue", "read", "latchkey:verify:*", "*"};
    facts.caller_scopes = of({"latchkey:verify"});
    struct {
        std::vector<std::string_view> asked;
        auth::verdict expected;
    } const cases[] = {
        {{}, valid},
        {{"read"}, valid},
        {{"read", "latchkey:verify"}, valid},
        {{"latchkey:issue"}, insufficient_scopes},
        {{"latchkey:verify:*"}, insufficient_scopes},
        {{"latchkey:verify", "latchkey:metrics"}, insufficient_scopes},
        {{"latchkey:"}, insufficient_scopes},
    };
    for (const auto& c : cases)
        BOOST_TEST((verdict_of(facts, c.asked) == c.expected));
    const auto answer = auth::api_key_record(facts).answer();
    BOOST_TEST(answer.find(R"("scopes":["*","latchkey:verify","read"])") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_device_has_none) {
    auth::device_facts facts;
    facts.scopes = {"latchkey:verify", "read"};
    const auth::device_record record(facts);
    BOOST_TEST((record.facts().scopes == std::vector<std::string>{"read"}));
    const std::vector<std::string_view> asked = {"latchkey:verify"};
    BOOST_TEST((auth::judge(record, true, {.scopes = asked}, core::real_time()) ==
                auth::verdict::insufficient_scopes));
}

BOOST_AUTO_TEST_SUITE_END()
