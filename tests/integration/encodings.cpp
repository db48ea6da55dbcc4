// Databases in other encodings than UTF-8, and in none.
#include "changing.hpp"
#include "running_store.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr const char* device_id = "ger\xc3\xa4t";
// The same id in the database's own encoding, where its character has the byte E4.
constexpr const char* stored_id = "'ger' || chr(228) || 't'";

std::string organization(const std::string& name) {
    return "insert into public.organizations (organization_id, name) values ('o', " + name + ")";
}

// Asks all questions at once, so that they share queries.
template <class Question>
void ask_together(running_store& running, std::vector<std::unique_ptr<Question>>& questions) {
    for (auto& q : questions) {
        if constexpr (std::is_same_v<Question, question>)
            running.store.find_api_key(*q);
        else
            running.store.find_device(*q);
    }
    running.run_until([&] {
        return std::ranges::all_of(questions, [](const auto& q) { return q->complete_called; });
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(encodings)

BOOST_AUTO_TEST_CASE(a_single_byte_database_is_read_and_written_in_utf8) {
    for (const std::string encoding : {"LATIN1", "LATIN9", "WIN1252"}) {
        BOOST_TEST_CONTEXT(encoding) {
            migrated_database database(in_encoding(encoding));
            database.exec(organization("'Gr' || chr(252) || chr(223) || 'e'") +
                          "; insert into public.device_credentials (device_id, device_secret,"
                          " organization_id, name, metadata) values (" +
                          stored_id + ", 's', 'o', chr(228), jsonb_build_object('a', chr(228)))");
            running_store running(database.configuration());
            running.wait_until_reachable();
            const auto found = running.device(device_id);
            BOOST_REQUIRE(found);
            BOOST_TEST(found->facts().device_id == device_id);
            BOOST_TEST(found->facts().name.value() == "\xc3\xa4");
            BOOST_TEST(found->facts().metadata == "{\"a\": \"\xc3\xa4\"}");

            changing writing(database.configuration());
            auth::new_api_key key;
            key.key_hash = key_number(1);
            key.key_id = "k";
            key.organization_id = "o";
            key.name = "\xc3\xa4";
            BOOST_TEST(writing.create(key).has_value());
            BOOST_TEST(database.value("select ascii(name) from latchkey.api_keys") == "228");
            // Characters that the encoding lacks are refused with a reason.
            key.key_hash = key_number(2);
            key.key_id = "k2";
            key.name = "\xe5\x90\x8d";
            const auto refused = writing.create(key);
            BOOST_TEST((refused.error().kind == core::failure_kind::invalid));
        }
    }
}

// Bytes that have no character in the encoding: their credential is not decided, and no other
// answer depends on it.
BOOST_AUTO_TEST_CASE(what_cannot_be_converted_spoils_no_other_answer) {
    migrated_database database(in_encoding("WIN1252"));
    database.exec("set client_encoding = 'WIN1252'");
    database.exec(fill_with_keys(20, "o") + "; update latchkey.api_keys set name = E'\\x81'"
                                            " where key_hash = sha256('key-7')");
    running_store running(database.configuration());
    running.wait_until_reachable();
    std::vector<std::unique_ptr<question>> questions;
    for (std::size_t n = 1; n <= 20; ++n)
        questions.push_back(std::make_unique<question>(key_number(n)));
    questions.push_back(std::make_unique<question>(key_number(1000)));
    ask_together(running, questions);
    for (std::size_t n = 1; n <= 20; ++n)
        BOOST_TEST(questions[n - 1]->outcome() ==
                   (n == 7 ? "the database cannot tell what it holds of it" : "found"));
    BOOST_TEST(questions.back()->outcome() == "absent");
    BOOST_TEST(running.ask(key_number(7)) == "the database cannot tell what it holds of it");
}

// Such a database accepts any bytes.
BOOST_AUTO_TEST_CASE(without_an_encoding_what_is_utf8_is_answered_and_the_rest_is_not) {
    migrated_database database(in_encoding("SQL_ASCII"));
    database.exec(organization("'o'"));
    database.exec(fill_with_keys(6, "p"));
    const auto spoil = [&](int n, const std::string& assignment) {
        database.exec("update latchkey.api_keys set " + assignment +
                      " where key_hash = sha256('key-" + std::to_string(n) + "')");
    };
    spoil(1, "name = E'Gr\\xc3\\xbc\\xc3\\x9fe'");
    spoil(2, "name = E'\\xe4'");
    spoil(3, "scopes = array[E'a\\xe4']");
    spoil(4, "metadata = E'{\"a\":\"\\xe4\"}'");
    spoil(5, "external_id = E'\\xff'");
    database.exec("insert into public.device_credentials (device_id, device_secret,"
                  " organization_id, name) values (E'ger\\xc3\\xa4t', 's', 'o', 'n'),"
                  " ('bad', 's', 'o', E'\\xe4')");
    running_store running(database.configuration());
    running.wait_until_reachable();
    std::vector<std::unique_ptr<question>> questions;
    for (std::size_t n = 1; n <= 6; ++n)
        questions.push_back(std::make_unique<question>(key_number(n)));
    ask_together(running, questions);
    for (std::size_t n = 1; n <= 6; ++n)
        BOOST_TEST_CONTEXT("key " << n) {
            BOOST_TEST(
                questions[n - 1]->outcome() ==
                (n == 1 || n == 6 ? "found" : "the database cannot tell what it holds of it"));
        }
    BOOST_TEST(questions[0]->record->facts().name.value() == "Gr\xc3\xbc\xc3\x9f"
                                                             "e");
    BOOST_REQUIRE(running.device(device_id));
    BOOST_CHECK_THROW(running.device("bad"), std::runtime_error);
    changing operating(database.configuration());
    const auto list = operating.ask([](auto& store) { return store.list_devices({10, {}}); });
    BOOST_REQUIRE(list.has_value());
    BOOST_REQUIRE(list->objects.size() == 2u);
    BOOST_TEST(list->objects.at(0).name.value() == "\\344");
    BOOST_TEST(list->objects.at(1).name.value() == "n");
}

BOOST_AUTO_TEST_SUITE_END()
