#include "pg/feed/feed_statements.hpp"
#include "pg/statements.hpp"
#include "pg/writes/device_object_statements.hpp"
#include "pg/writes/name_statements.hpp"
#include "pg/writes/object_statements.hpp"

#include <latchkey/pg/legacy/legacy_names.hpp>
#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

#include <regex>
#include <set>
#include <sstream>
#include <vector>

using namespace latchkey::pg;

namespace {

legacy_names others() {
    auto names = legacy_names::usual();
    names.organizations = "app data.Tenants";
    names.organization_id = "Id";
    names.organization_name = "order";
    names.api_keys = "keys";
    names.organization_status = "is on";
    names.devices = "iot.devices";
    names.device_id = "id";
    names.device_secret = "secret";
    names.device_organization_id = "org_id";
    names.device_status = "state";
    names.device_name = "label";
    return names;
}

constexpr statement marked_statements[] = {
    statements::find_api_keys,
    statements::standing_of_key,
    statements::create_organization,
    statements::create_api_key,
    statements::find_devices,
    statements::import_devices,
    statements::list_all_devices,
    statements::show_device,
    statements::rotate_device,
    statements::revoke_device,
    statements::change_device,
    statements::list_devices_of_organization,
    statements::export_all_devices,
    statements::export_devices_of_organization,
    statements::list_all_organizations,
    statements::list_one_organization,
    statements::show_organization,
    statements::change_organization,
    statements::legacy_devices,
    statements::count_bare_secrets,
    statements::rehash_device,
    statements::poll_changes,
    statements::poll_page,
    statements::find_credential,
    statements::finish_device_rotation,
};

// Removes comments and literals, which use the usual names of columns.
std::string code_alone(std::string_view sql) {
    static const std::regex others_than_code(R"(--[^\n]*|'(?:[^']|'')*')");
    return std::regex_replace(std::string(sql), others_than_code, "");
}

// Names that a statement defines itself.
bool is_named_there(const std::string& line) {
    for (const auto* own : {"array_agg(distinct device_id) from (", ") as differing (",
                            "as changed (id, status)", "array_agg(id) filter (where"})
        if (line.find(own) != line.npos) return true;
    return false;
}

// `is_in_lines` is false for a statement in one long line.
std::vector<std::string> unmarked_lines(std::string_view sql, bool is_in_lines = true) {
    static const std::regex column(
        R"((^|[^\w"])(device_id|device_secret|status)(?![\w"])|(^|[^\w".]|[^y]\.)api_keys(?![\w"]))");
    static const std::regex id_of_organizations(
        R"((^|[^\w"])organization_id(?![\w"]).*public\.organizations|)"
        R"(public\.organizations .*\bo\.organization_id)");
    std::vector<std::string> out;
    std::istringstream lines(code_alone(sql));
    for (std::string line; std::getline(lines, line);) {
        const bool renames = line.find("as organization_id") != line.npos;
        if ((std::regex_search(line, column) && !is_named_there(line)) ||
            (is_in_lines && std::regex_search(line, id_of_organizations) && !renames))
            out.push_back(line);
    }
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(names_in_text)

BOOST_AUTO_TEST_CASE(the_usual_names_leave_each_text_as_it_is) {
    for (const auto& m : migrations())
        BOOST_TEST((legacy_names::usual().apply(m.sql) == m.sql), m.name);
    legacy_texts texts;
    for (const auto& s : marked_statements) {
        BOOST_TEST((legacy_names::usual().apply(s.text) == s.text), s.name);
        BOOST_TEST(static_cast<const void*>(texts.of(s.text)) == s.text);
    }
}

BOOST_AUTO_TEST_CASE(marks_become_quoted_names) {
    struct {
        const char* text;
        const char* expected;
    } const table[] = {
        {"select o.\"organization_id\", o.\"name\" from public.organizations o",
         "select o.\"Id\", o.\"order\" from \"app data\".\"Tenants\" o"},
        {"public.organizations.\"organization_id\"%type", "\"app data\".\"Tenants\".\"Id\"%type"},
        {"'public.device_credentials'::regclass", "'\"iot\".\"devices\"'::regclass"},
        {"where d.DEVICE_ID = $1 and STATUS='active'",
         "where d.\"id\" = $1 and \"state\"='active'"},
        {"(parse_ident('\"status\"'))[1]", "(parse_ident('\"is on\"'))[1]"},
        {"(DEVICE_SECRET,ORGANIZATION_ID,NAME)", "(\"secret\",\"org_id\",\"label\")"},
        // Latchkey's own names, and longer words.
        {"k.organization_id, k.name, status, api_keys",
         "k.organization_id, k.name, status, api_keys"},
        {"latchkey.api_keys public.organizations_idx",
         "latchkey.api_keys public.organizations_idx"},
        {"my.public.organizations", "my.public.organizations"},
        {"MY_NAME NAMES 'ORGANIZATION_IDS'", "MY_NAME NAMES 'ORGANIZATION_IDS'"},
        {"collate \"C\" \"names\"", "collate \"C\" \"names\""},
    };
    for (const auto& t : table)
        BOOST_TEST(others().apply(t.text) == t.expected);
}

BOOST_AUTO_TEST_CASE(a_text_is_expanded_once) {
    legacy_texts texts;
    texts.set(others());
    const char* const text = "select \"organization_id\" from public.organizations";
    const char* const expanded = texts.of(text);
    BOOST_TEST(std::string(expanded) == "select \"Id\" from \"app data\".\"Tenants\"");
    BOOST_TEST(static_cast<const void*>(texts.of(text)) == expanded);
}

BOOST_AUTO_TEST_CASE(no_usual_name_of_a_table_is_left) {
    const auto names = others();
    for (const auto& m : migrations()) {
        const auto text = names.apply(m.sql);
        for (std::size_t at = 0; (at = text.find("public.", at)) != text.npos; ++at) {
            const auto rest = std::string_view(text).substr(at + 7);
            // Comments and messages may name a column as "public.organizations.api_keys".
            BOOST_TEST_CONTEXT(m.name << ": " << rest.substr(0, 60)) {
                BOOST_TEST(!rest.starts_with("device_credentials"));
                BOOST_TEST(!rest.starts_with("organizations"));
            }
        }
    }
    for (const auto& s : marked_statements) {
        const auto text = names.apply(s.text);
        BOOST_TEST(text != s.text, s.name);
        BOOST_TEST(text.find("public.") == text.npos, s.name);
    }
}

// PostgreSQL parses a function's text only when it is called, so the older service's writers would
// be the first to meet a missing mark.
BOOST_AUTO_TEST_CASE(no_column_of_the_old_tables_is_without_its_mark) {
    for (const auto& m : migrations())
        for (const auto& line : unmarked_lines(m.sql))
            BOOST_ERROR(std::string(m.name) + ": " + line);
    for (const auto& s : marked_statements)
        for (const auto& line : unmarked_lines(s.text, false))
            BOOST_ERROR(std::string(s.name) + ": " + line);
    BOOST_TEST(unmarked_lines("select status from t").size() == 1u);
    BOOST_TEST(unmarked_lines("-- status\nselect 'status', \"status\"").empty());
}

BOOST_AUTO_TEST_CASE(names_that_mean_something_in_a_text_are_none) {
    for (const auto* good : {"id", "Org Id", "a-b", "_", "größe", "order"})
        BOOST_TEST(is_column_name(good), good);
    for (const auto* bad : {"", "a.b", "a'b", "a\"b", "a%b", "a\\b", "a$b", "a;b", "a\nb", "(a)"})
        BOOST_TEST(!is_column_name(bad), bad);
    BOOST_TEST(!is_column_name(std::string(64, 'a')));
    for (const auto* good : {"tenants", "app.Tenants", "app data.the tenants"})
        BOOST_TEST(is_table_name(good), good);
    for (const auto* bad : {"", ".", "a.", ".a", "a.b.c", "a'b"})
        BOOST_TEST(!is_table_name(bad), bad);
    BOOST_TEST(table_name_of("tenants").quoted() == "\"public\".\"tenants\"");
}

BOOST_AUTO_TEST_CASE(each_name_stands_once_in_the_list) {
    std::set<std::string_view> keys;
    for (const auto& name : all_legacy_names) {
        BOOST_TEST(keys.insert(name.key).second, name.key);
        const auto usual = legacy_names::usual().*name.field;
        BOOST_TEST(usual == name.usual);
    }
}

BOOST_AUTO_TEST_SUITE_END()
