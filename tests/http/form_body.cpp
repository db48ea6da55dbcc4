#include <latchkey/http/form_body.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using latchkey::http::json_fields;
using latchkey::http::json_kind;
using latchkey::http::unknown_fields;
using namespace std::string_literals;

namespace {

constexpr latchkey::http::field_terms two_of_them{.items_max = 2};
constexpr json_fields fields({{"grant_type", json_kind::text, true},
                              {"client_secret"},
                              {"resource", json_kind::texts, false, &two_of_them}});
constexpr auto grant_type = fields["grant_type"];
constexpr auto secret = fields["client_secret"];
constexpr auto resource = fields["resource"];

std::string complaint_about(std::string_view form,
                            unknown_fields unknown = unknown_fields::ignored) {
    latchkey::http::form_body body;
    const auto why = body.read(form, fields, unknown);
    if (!why) return {};
    BOOST_TEST(why->status == 400);
    return why->detail;
}

} // namespace

BOOST_AUTO_TEST_SUITE(form_body)

BOOST_AUTO_TEST_CASE(reads_the_fields_of_the_table) {
    latchkey::http::form_body body;
    const auto form = "grant_type=a&client_secret=b%2Bc+d&resource=x&resource=%79"s;
    BOOST_REQUIRE(!body.read(form, fields));
    BOOST_TEST(body[grant_type].text == "a");
    BOOST_TEST(body[grant_type].text.data() == form.data() + 11); // a view into the form
    BOOST_TEST(body[secret].text == "b+c d");
    BOOST_REQUIRE(body[resource].texts.size() == 2u);
    BOOST_TEST(body[resource].texts[0] == "x");
    BOOST_TEST(body[resource].texts[1] == "y");
}

BOOST_AUTO_TEST_CASE(decodes_texts) {
    const struct {
        std::string_view encoded;
        std::string_view text;
    } table[] = {
        {"a b", "a b"},
        {" a ", " a "},
        {"a+b", "a b"},
        {"a%20b", "a b"},
        {"%c3%A9", "\xc3\xa9"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"a=b", "a=b"},
        {"%26", "&"},
        {"a;b", "a;b"},
        {"%0a", "\n"},
        {"%25", "%"},
        {"%2525", "%25"},
        {"-._~*!'()", "-._~*!'()"},
        {"%F0%9F%94%91", "\xF0\x9F\x94\x91"},
    };
    latchkey::http::form_body body;
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.encoded) {
            const auto form = "grant_type=" + std::string(row.encoded);
            BOOST_REQUIRE(!body.read(form, fields));
            BOOST_TEST(body[grant_type].text == row.text);
        }
    BOOST_REQUIRE(!body.read("%67rant%5ftype=a", fields));
    BOOST_TEST(body[grant_type].text == "a");
}

BOOST_AUTO_TEST_CASE(a_field_without_a_value_is_not_sent) {
    latchkey::http::form_body body;
    for (const auto* form :
         {"grant_type=a&client_secret=&resource=", "grant_type=a&client_secret&resource"})
        BOOST_TEST_CONTEXT(form) {
            BOOST_REQUIRE(!body.read(form, fields));
            BOOST_TEST(!body[secret].present);
            BOOST_TEST(!body[resource].present);
        }
    BOOST_TEST(complaint_about("grant_type=") == "field \"grant_type\" is missing");
    BOOST_TEST(complaint_about("") == "field \"grant_type\" is missing");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_form) {
    const struct {
        std::string form;
        std::string_view why;
    } table[] = {
        {"grant_type=a&grant_type=a", "field \"grant_type\" is there twice"},
        {"grant_type=a&grant%5Ftype=b", "field \"grant_type\" is there twice"},
        {"grant_type=a&client_secret=&client_secret=b", "field \"client_secret\" is there twice"},
        {"grant_type=a&resource=x&resource=y&resource=z",
         "field \"resource\" is there more than 2 times"},
        {"grant_type=%", "field \"grant_type\" is not percent-encoded UTF-8"},
        {"grant_type=%4", "field \"grant_type\" is not percent-encoded UTF-8"},
        {"grant_type=%4g", "field \"grant_type\" is not percent-encoded UTF-8"},
        {"grant_type=%ff", "field \"grant_type\" is not percent-encoded UTF-8"},
        {"grant_type=%C0%80", "field \"grant_type\" is not percent-encoded UTF-8"},
        {"grant_type=%ED%A0%80", "field \"grant_type\" is not percent-encoded UTF-8"},
        {"grant_type=%00", "field \"grant_type\" is not percent-encoded UTF-8"},
        {"grant_type=\xff", "field \"grant_type\" is not percent-encoded UTF-8"},
        {"%f=a", "the name of a field is not percent-encoded UTF-8"},
        {"x=%f", "a field is not percent-encoded UTF-8"},
        {"grant_type=a&&client_secret=b", "the form has an empty part: a \"&\" too many"},
        {"&grant_type=a", "the form has an empty part: a \"&\" too many"},
        {"grant_type=a&", "the form ends with \"&\""},
        {"&", "the form has an empty part: a \"&\" too many"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.form) BOOST_TEST(complaint_about(row.form) == row.why);
    for (const auto& form :
         {"grant_type=a\n"s, "grant_type=a\r\n"s, "grant_type\t=a"s, "\x7f"s, "grant_type=a\0"s})
        BOOST_TEST_CONTEXT(form) BOOST_TEST(complaint_about(form).find("control") != form.npos);
}

BOOST_AUTO_TEST_CASE(unknown_names_are_ignored_or_refused) {
    latchkey::http::form_body body;
    BOOST_TEST(!body.read("x=1&grant_type=a&x=2&=3", fields));
    BOOST_TEST(body[grant_type].text == "a");
    BOOST_TEST(complaint_about("grant_type=a&grant_typ=b", unknown_fields::refused) ==
               "field \"grant_typ\" is not known here; did you mean \"grant_type\"?");
    // It may be a secret that stands in the wrong place.
    BOOST_TEST(complaint_about("lk_live_abc", unknown_fields::refused) ==
               "a field is not known here; known are: grant_type, client_secret, resource");
}

BOOST_AUTO_TEST_CASE(a_refusal_repeats_no_value) {
    for (const auto* form :
         {"grant_type=a&client_secret=hush&client_secret=hush", "client_secret=hush%",
          "client_secret=hush\n", "hush%ff=1", "hush=%ff", "client_secret=hush"})
        for (const auto unknown : {unknown_fields::ignored, unknown_fields::refused})
            BOOST_TEST_CONTEXT(form) {
                const auto why = complaint_about(form, unknown);
                BOOST_TEST(!why.empty());
                BOOST_TEST(why.find("hush") == why.npos);
            }
}

BOOST_AUTO_TEST_CASE(forgets_the_last_form) {
    latchkey::http::form_body body;
    BOOST_REQUIRE(!body.read("grant_type=a&client_secret=b&resource=c", fields));
    BOOST_REQUIRE(!body.read("grant_type=d", fields));
    BOOST_TEST(body[grant_type].text == "d");
    BOOST_TEST(!body[secret].present);
    BOOST_TEST(body[secret].text == "");
    BOOST_TEST(body[resource].texts.empty());
    body.clear();
    BOOST_TEST(!body[grant_type].present);
}

BOOST_AUTO_TEST_CASE(the_type_must_be_a_forms) {
    using latchkey::http::field;
    const auto status_for = [](std::string_view type) {
        latchkey::http::request asked;
        asked.fields[static_cast<std::size_t>(field::content_type)] = type;
        const auto why = latchkey::http::unless_form(asked);
        return why ? why->status : 0;
    };
    BOOST_TEST(status_for("application/x-www-form-urlencoded") == 0);
    BOOST_TEST(status_for("Application/X-WWW-Form-URLencoded; charset=UTF-8") == 0);
    for (const auto* type : {"", "application/json", "multipart/form-data; boundary=x",
                             "application/x-www-form-urlencodedx"})
        BOOST_TEST_CONTEXT(type) BOOST_TEST(status_for(type) == 415);
}

BOOST_AUTO_TEST_SUITE_END()
