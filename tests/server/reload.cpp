#include "server/settings/reload.hpp"
#include "server/settings/setting.hpp"

#include <boost/test/unit_test.hpp>

#include <boost/json/parse.hpp>

using namespace latchkey::server;

namespace {

// Returns a value other than the default.
plain_value other(const setting& key) {
    const auto value = key.field.get({});
    if (const auto* flag = std::get_if<bool>(&value)) return !*flag;
    if (std::holds_alternative<std::string>(value)) return std::string("other");
    const auto number = std::get<std::int64_t>(value);
    if (key.type.kind == value_kind::choice) return std::int64_t{number == 0 ? 1 : 0};
    return key.type.kind == value_kind::duration ? number + 1000 : number + 1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(reload)

// Changes each setting alone: it is applied, or it is named and left as it was.
BOOST_AUTO_TEST_CASE(every_key_is_taken_or_named) {
    for (const auto& key : all_settings())
        BOOST_TEST_CONTEXT(key.name) {
            const configuration running;
            configuration next;
            key.field.set(next, other(key));
            const auto plan = plan_reload(running, next);
            const auto& named = key.reloadable ? plan.report.changed : plan.report.needs_restart;
            const auto& empty = key.reloadable ? plan.report.needs_restart : plan.report.changed;
            BOOST_REQUIRE(named.size() == 1u);
            BOOST_TEST(named[0].name == key.name);
            BOOST_TEST(empty.empty());
            const auto& expected = key.reloadable ? next : running;
            BOOST_TEST((key.field.get(plan.obeyed) == key.field.get(expected)));
        }
}

BOOST_AUTO_TEST_CASE(nothing_new_is_nothing_changed) {
    const auto plan = plan_reload({}, {});
    BOOST_TEST(to_json(plan.report) == R"({"changed":[],"needs_restart":[]})");
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_restart_is_named_again) {
    configuration next;
    next.server.workers = 7;
    const auto once = plan_reload({}, next);
    const auto twice = plan_reload(once.obeyed, next);
    BOOST_TEST(names_of(twice.report.needs_restart) == "server.workers");
}

BOOST_AUTO_TEST_CASE(secrets_are_named_but_not_shown) {
    configuration next;
    next.database.uri = latchkey::crypto::secret(std::string("postgresql://u:hidden@h/d"));
    next.log.level = latchkey::core::log_level::debug;
    const auto text = to_json(plan_reload({}, next).report);
    BOOST_TEST(text.find("hidden") == text.npos);
    BOOST_TEST(text == R"({"changed":[{"key":"database.uri","from":null,"to":null},)"
                       R"({"key":"log.level","from":"\"info\"","to":"\"debug\""}],)"
                       R"("needs_restart":[]})");
}

// The settings' fields are those of the last table.
BOOST_AUTO_TEST_CASE(repeated_tables_are_compared_key_by_key) {
    for (const auto& table : repeated_tables())
        for (const auto& key : table.settings)
            BOOST_TEST_CONTEXT(key.name) {
                BOOST_TEST(key.reloadable);
                configuration running;
                table.append(running);
                table.append(running);
                auto next = running;
                BOOST_TEST(plan_reload(running, next).report.changed.empty());
                key.field.set(next, other(key));
                const auto plan = plan_reload(running, next);
                BOOST_TEST(names_of(plan.report.changed) == table.name);
                BOOST_TEST((key.field.get(plan.obeyed) == key.field.get(next)));
            }
}

BOOST_AUTO_TEST_SUITE_END()
