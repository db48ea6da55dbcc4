#include <latchkey/auth/organization/organization_form.hpp>

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>

using namespace latchkey;
using auth::canonical_organization;
using form = auth::organization_form;

namespace {

const std::string canonical = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";

struct spelling {
    const char* text;
    const char* id; ///< null if it is no id
};
void check(form of, std::initializer_list<spelling> all) {
    for (const auto& one : all)
        BOOST_TEST(canonical_organization(one.text, of).value_or("none") ==
                       (one.id ? one.id : "none"),
                   one.text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(organization_form)

// PostgreSQL 15's manual, section 8.12, and the spellings that its uuid_in accepts.
BOOST_AUTO_TEST_CASE(a_uuid_has_every_spelling_that_postgresql_takes) {
    for (const char* spelling :
         {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
          "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11",
          "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
          "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "a0eebc999c0b4ef8bb6d6bb9bd38-0a11"})
        BOOST_TEST(canonical_organization(spelling, form::uuid).value_or("none") == canonical,
                   spelling);
    for (const char* other :
         {"", "{", "{}", "org_x7", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
          "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
          "-a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
          "a0eebc9-99c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
          "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
          "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
          "urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}) {
        BOOST_TEST(!canonical_organization(other, form::uuid).has_value(), other);
        BOOST_TEST(auth::comparable_organization(other, form::uuid) == other);
    }
}

BOOST_AUTO_TEST_CASE(an_integer_is_its_number) {
    check(form::integer, {
                             {"7", "7"},
                             {"007", "7"},
                             {"+7", "7"},
                             {" -7\t", "-7"},
                             {"-0", "0"},
                             {"9223372036854775807", "9223372036854775807"},
                             {"9223372036854775808", nullptr},
                             {"", nullptr},
                             {" ", nullptr},
                             {"+-7", nullptr},
                             {"+", nullptr},
                             {"7.0", nullptr},
                             {"7 7", nullptr},
                             // As in PostgreSQL 16. Earlier versions accept none of these, so there
                             // nobody has such an id.
                             {"0x1F", "31"},
                             {"-0b1_0", "-2"},
                             {"0o_17", "15"},
                             {"1_000", "1000"},
                             {"1__0", nullptr},
                             {"_1", nullptr},
                             {"1_", nullptr},
                             {"0x", nullptr},
                             {"0xG", nullptr},
                             {"1A", nullptr},
                             {"-9223372036854775808", "-9223372036854775808"},
                             {"-9223372036854775809", nullptr},
                         });
}

BOOST_AUTO_TEST_CASE(a_numeric_is_its_number) {
    check(form::decimal, {
                             {"7", "7"},
                             {"007", "7"},
                             {"7.0", "7"},
                             {"7.", "7"},
                             {" +07.50 ", "7.5"},
                             {".5", "0.5"},
                             {"-0.0", "0"},
                             {"7e0", "7"},
                             {"70E-1", "7"},
                             {"0.7e1", "7"},
                             {"7e2", "700"},
                             {"-5e-3", "-0.005"},
                             {"1_0.2_5", "10.25"},
                             {"0x10", "16"},
                             {"9223372036854775808", "9223372036854775808"},
                             {"", nullptr},
                             {".", nullptr},
                             {"e5", nullptr},
                             {"7e", nullptr},
                             {"7e9999", nullptr},
                             {"NaN", nullptr},
                             {"Infinity", nullptr},
                             {"7.0.0", nullptr},
                             {"7a", nullptr},
                             {"--7", nullptr},
                             {"7 .0", nullptr},
                             {"org_x7", nullptr},
                         });
}

BOOST_AUTO_TEST_CASE(text_is_letter_for_letter) {
    for (const auto any : {form::text, form::unknown})
        for (const char* text : {"", "A", " a ", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"})
            BOOST_TEST(canonical_organization(text, any).value() == text);
    BOOST_TEST(canonical_organization("a b  ", form::padded).value() == "a b");
    BOOST_TEST(canonical_organization("   ", form::padded).value() == "");
    BOOST_TEST(canonical_organization("ACME Z9", form::caseless).value() == "acme z9");
    BOOST_TEST(canonical_organization("\xc3\x84RZTE \xf0\x9f\x98\x80", form::caseless).value() ==
               "\xc3\xa4rzte \xf0\x9f\x98\x80");
    BOOST_TEST(canonical_organization("\xc3", form::caseless).has_value());
}

BOOST_AUTO_TEST_CASE(types_have_their_forms) {
    BOOST_TEST((auth::organization_form_of("uuid") == form::uuid));
    BOOST_TEST((auth::organization_form_of("int8") == form::integer));
    BOOST_TEST((auth::organization_form_of("numeric") == form::decimal));
    BOOST_TEST((auth::organization_form_of("citext") == form::caseless));
    BOOST_TEST((auth::organization_form_of("bpchar") == form::padded));
    for (const char* other : {"text", "varchar", "name", ""})
        BOOST_TEST((auth::organization_form_of(other) == form::text));
}

BOOST_AUTO_TEST_SUITE_END()
