#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>
#include <string>

using namespace latchkey::pg;

namespace {

const migration known[] = {{1, "0001_one", "select 1"}, {2, "0002_two", "select 2"}};

applied_migration as_applied(const migration& m) {
    return {m.version, std::string(m.name), checksum_of(m)};
}

const applied_migration one = as_applied(known[0]);
const applied_migration two = as_applied(known[1]);
const applied_migration later{3, "0003_later", "x"};

} // namespace

BOOST_AUTO_TEST_SUITE(migration_order)

BOOST_AUTO_TEST_CASE(says_what_keeps_the_binary_from_working) {
    struct {
        const char* when;
        std::vector<applied_migration> applied;
        std::string begins; ///< start of the sentence; empty: all is well
    } const cases[] = {
        {"never migrated", {}, "the database has no schema of Latchkey's yet"},
        {"one is pending", {one}, "migration 0002_two is pending"},
        {"the first is pending", {two}, "migration 0001_one is pending"},
        {"all are applied", {one, two}, ""},
        {"in another order", {two, one}, ""},
        {"a newer database", {one, two, later}, ""},
        {"newer, and one missing", {one, later}, "migration 0002_two is pending"},
        {"changed", {one, {2, "0002_two", "x"}}, "migration 0002_two was changed"},
        {"changed, then pending", {{1, "0001_one", ""}}, "migration 0001_one was changed"},
        {"renamed only", {one, {2, "0002_zwei", two.checksum}}, ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.when) {
            const auto problem = schema_mismatch(known, c.applied);
            BOOST_TEST(problem.has_value() == !c.begins.empty());
            BOOST_TEST(problem.value_or("").starts_with(c.begins));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_sentence_names_the_mend) {
    BOOST_TEST(schema_mismatch(known, {})->ends_with("run latchkey migrate"));
    const std::vector<applied_migration> pending = {one};
    BOOST_TEST(schema_mismatch(known, pending)->ends_with("run latchkey migrate"));
    const std::vector<applied_migration> changed = {{1, "0001_one", "x"}, two};
    BOOST_TEST(schema_mismatch(known, changed)->ends_with("or restore the migration"));
}

BOOST_AUTO_TEST_CASE(the_compiled_in_ones_are_numbered_without_gaps) {
    int expected = 1;
    for (const auto& m : migrations()) {
        BOOST_TEST_CONTEXT(m.name) {
            BOOST_TEST(m.version == expected++);
            auto digits = std::to_string(m.version);
            digits.insert(0, 4 - digits.size(), '0');
            BOOST_TEST(m.name.starts_with(digits + "_"));
            BOOST_TEST(!m.sql.empty());
        }
    }
    BOOST_TEST(expected > 3);
}

// A database in another encoding gets the texts in ASCII, so other characters may only be in
// comments.
BOOST_AUTO_TEST_CASE(what_is_not_ascii_is_a_comment) {
    for (const auto& m : migrations()) {
        std::istringstream lines{std::string(m.sql)};
        for (std::string line; std::getline(lines, line);)
            BOOST_TEST_CONTEXT(m.name << ": " << line) {
                const bool ascii = std::ranges::all_of(
                    line, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
                BOOST_TEST((ascii || line.starts_with("--")));
            }
    }
}

BOOST_AUTO_TEST_CASE(the_checksum_is_of_the_text_alone) {
    BOOST_TEST(checksum_of({1, "a", "select 1"}) == checksum_of({2, "b", "select 1"}));
    BOOST_TEST(checksum_of({1, "a", "select 1"}) != checksum_of({1, "a", "select 1 "}));
    BOOST_TEST(checksum_of({1, "a", ""}) ==
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_SUITE_END()
