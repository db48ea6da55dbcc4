#include <latchkey/auth/judge_token.hpp>
#include <latchkey/auth/token_claims.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace latchkey;
using auth::verdict;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

namespace {

std::optional<auth::token_claims> read(const std::string& text,
                                       std::string_view organization = "") {
    return auth::read_token_claims(boost::json::parse(text).as_object(), organization);
}

constexpr core::real_time at(std::int64_t seconds) {
    return core::real_time(core::seconds(seconds));
}

constexpr auto good = auth::token_standing::good;

auth::token_record record(const std::string& text) {
    auto claims = read(text);
    BOOST_REQUIRE_MESSAGE(claims.has_value(), text);
    return {std::move(*claims), {}, {}, text};
}

} // namespace

BOOST_AUTO_TEST_SUITE(token_claims)

BOOST_AUTO_TEST_CASE(reads_what_it_knows) {
    const auto c = read(R"({"iss":"i","sub":"s","jti":"j","aud":["a","b"],"exp":1000,"nbf":10.5,
                            "iat":9,"scope":"r  w r","org":{"id":"o"},"other":[1]})",
                        "org.id");
    BOOST_REQUIRE(c.has_value());
    BOOST_TEST(c->issuer == "i");
    BOOST_TEST((c->subject == "s"));
    BOOST_TEST((c->token_id == "j"));
    BOOST_TEST(c->audiences == texts({"a", "b"}), boost::test_tools::per_element());
    BOOST_TEST((c->expires_at == at(1000)));
    BOOST_TEST((c->not_before == at(10) + 500ms));
    BOOST_TEST((c->issued_at == at(9)));
    BOOST_TEST(c->scopes == texts({"r", "w"}), boost::test_tools::per_element());
    BOOST_TEST((c->organization_id == "o"));
}

BOOST_AUTO_TEST_CASE(what_it_was_made_from_is_understood_or_not_known) {
    struct {
        const char* text;
        std::optional<auth::credential_kind> made_from;
    } const cases[] = {
        {R"({"credential_kind":"api_key"})", auth::credential_kind::api_key},
        {R"({"credential_kind":"device"})", auth::credential_kind::device},
        {R"({})", {}},
        {R"({"credential_kind":"token"})", {}},
        {R"({"credential_kind":"Device"})", {}},
        {R"({"credential_kind":""})", {}},
        {R"({"credential_kind":7})", {}},
        {R"({"credential_kind":["device"]})", {}},
        {R"({"credential_kind":null})", {}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            const auto read_as = read(c.text);
            BOOST_REQUIRE(read_as.has_value());
            BOOST_TEST((read_as->made_from == c.made_from));
        }
}

BOOST_AUTO_TEST_CASE(scopes_come_in_many_forms) {
    struct {
        const char* text;
        texts scopes;
    } const cases[] = {
        {R"({})", {}},
        {R"({"scope":""})", {}},
        {R"({"scope":"b a"})", {"a", "b"}},
        {R"({"scp":"b a"})", {"a", "b"}},
        {R"({"scp":["b","a"]})", {"a", "b"}},
        {R"({"scopes":["a"],"permissions":["b"]})", {"a", "b"}},
        {R"({"scope":"a","scp":["a"],"scopes":["a"],"permissions":["c"]})", {"a", "c"}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            const auto claims = read(c.text);
            BOOST_REQUIRE(claims.has_value());
            BOOST_TEST(claims->scopes == c.scopes, boost::test_tools::per_element());
        }
}

// RFC 7519, section 4.1; requirement R15.
BOOST_AUTO_TEST_CASE(refuses_wrong_types_and_impossible_dates) {
    for (const char* text : {R"({"iss":1})",
                             R"({"sub":1})",
                             R"({"sub":null})",
                             R"({"jti":[]})",
                             R"({"aud":1})",
                             R"({"aud":[1]})",
                             R"({"aud":["a",null]})",
                             R"({"exp":"1000"})",
                             R"({"exp":null})",
                             R"({"exp":-1})",
                             R"({"exp":9007199254740993})",
                             R"({"exp":1e300})",
                             R"({"exp":18446744073709551615})",
                             R"({"nbf":true})",
                             R"({"iat":[]})",
                             R"({"iat":-0.5})",
                             R"({"scope":["a"]})",
                             R"({"scp":1})",
                             R"({"scopes":"a"})",
                             R"({"scopes":[1]})",
                             R"({"permissions":{}})"})
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!read(text).has_value());
        }
    BOOST_TEST(read(R"({"exp":9007199254740992})").has_value());
    BOOST_TEST(read(R"({"exp":1e9})").has_value());
}

BOOST_AUTO_TEST_CASE(an_organization_is_a_text_where_the_path_leads) {
    struct {
        const char* text;
        const char* path;
        const char* found;
    } const cases[] = {
        {R"({"org":"o"})", "org", "o"},    {R"({"org":"o"})", "", ""},
        {R"({"org":1})", "org", ""},       {R"({"a":{"b":"o"}})", "a.b", "o"},
        {R"({"a":"o"})", "a.b", ""},       {R"({"a":{"b":{}}})", "a.b", ""},
        {R"({"a":{"b":"o"}})", "a.c", ""},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text << ' ' << c.path) {
            BOOST_TEST(read(c.text, c.path)->organization_id.value_or("") == c.found);
        }
}

BOOST_AUTO_TEST_CASE(the_dates_decide) {
    auth::issuer_rules rules;
    rules.any_audience = true;
    rules.leeway = 10s;
    rules.max_token_lifetime = 1000s;
    struct {
        const char* text;
        std::int64_t now;
        verdict expected;
    } const cases[] = {
        {R"({"exp":100})", 109, verdict::valid},
        {R"({"exp":100})", 110, verdict::expired},
        {R"({"exp":100,"nbf":50})", 40, verdict::valid},
        {R"({"exp":100,"nbf":50})", 39, verdict::not_yet_valid},
        {R"({"exp":100,"iat":50})", 39, verdict::not_yet_valid},
        {R"({"exp":100,"iat":50})", 40, verdict::valid},
        // Whatever exp says, the rules' lifetime after iat is the end.
        {R"({"exp":9007199254740992,"iat":50})", 1059, verdict::valid},
        {R"({"exp":9007199254740992,"iat":50})", 1060, verdict::expired},
        {R"({"iat":50})", 1059, verdict::valid},
        {R"({"iat":50})", 1060, verdict::expired},
        {R"({"exp":9007199254740992})", 1060, verdict::valid},
        {R"({"exp":0})", 10, verdict::expired},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text << " at " << c.now) {
            BOOST_TEST((auth::judge(record(c.text), rules, {}, at(c.now), good) == c.expected));
        }
}

BOOST_AUTO_TEST_CASE(audience_and_scopes_are_judged) {
    auth::issuer_rules strict;
    strict.audiences = {"api", "web"};
    auth::issuer_rules any;
    any.any_audience = true;
    const std::string dated = R"({"exp":100,)";
    struct {
        const char* claims;
        const auth::issuer_rules& rules;
        std::optional<std::string_view> audience;
        std::vector<std::string_view> scopes;
        verdict expected;
    } const cases[] = {
        {R"("aud":"api"})", strict, {}, {}, verdict::valid},
        {R"("aud":["x","web"]})", strict, {}, {}, verdict::valid},
        {R"("aud":"x"})", strict, {}, {}, verdict::audience_mismatch},
        {R"("sub":"x"})", strict, {}, {}, verdict::audience_mismatch},
        {R"("aud":"API"})", strict, {}, {}, verdict::audience_mismatch},
        {R"("aud":["x","web"]})", strict, "x", {}, verdict::valid},
        {R"("aud":["x","web"]})", strict, "api", {}, verdict::audience_mismatch},
        {R"("aud":"x"})", any, {}, {}, verdict::valid},
        {R"("sub":"x"})", any, {}, {}, verdict::valid},
        {R"("sub":"x"})", any, "api", {}, verdict::audience_mismatch},
        {R"("aud":"api","scope":"r w"})", strict, {}, {"r"}, verdict::valid},
        {R"("aud":"api","scope":"r w"})", strict, {}, {"w", "r"}, verdict::valid},
        {R"("aud":"api","scope":"r w"})", strict, {}, {"r", "x"}, verdict::insufficient_scopes},
        {R"("aud":"api","scope":"read"})", strict, {}, {"rea"}, verdict::insufficient_scopes},
        {R"("aud":"x","scope":"r"})", strict, {}, {"w"}, verdict::audience_mismatch},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.claims) {
            const auto r = record(dated + c.claims);
            BOOST_TEST(
                (auth::judge(r, c.rules, {c.audience, c.scopes}, at(50), good) == c.expected));
        }
}

// What is bad anyway is told; what might be good is not guessed.
BOOST_AUTO_TEST_CASE(a_tokens_standing_is_judged) {
    auth::issuer_rules rules;
    rules.audiences = {"api"};
    rules.leeway = 0s;
    using standing = auth::token_standing;
    constexpr std::optional<verdict> undecided;
    const std::vector<std::string_view> none;
    const std::vector<std::string_view> wide = {"x"};
    struct {
        const char* text;
        std::optional<std::string_view> audience;
        const std::vector<std::string_view>& scopes;
        standing known;
        std::optional<verdict> expected;
    } const cases[] = {
        {R"({"exp":100,"aud":"api"})", {}, none, standing::good, verdict::valid},
        {R"({"exp":100,"aud":"api"})", {}, none, standing::unknown, undecided},
        {R"({"exp":100,"aud":"api"})", {}, none, standing::revoked, verdict::revoked},
        {R"({"exp":100,"aud":"api"})",
         {},
         none,
         standing::organization_disabled,
         verdict::organization_disabled},
        {R"({"exp":50,"aud":"api"})", {}, none, standing::revoked, verdict::expired},
        {R"({"exp":50,"aud":"api"})", {}, none, standing::unknown, verdict::expired},
        {R"({"exp":100,"nbf":51})", {}, none, standing::revoked, verdict::not_yet_valid},
        {R"({"exp":100,"aud":"x"})", {}, none, standing::revoked, verdict::revoked},
        {R"({"exp":100,"aud":"x"})", {}, none, standing::unknown, verdict::audience_mismatch},
        {R"({"exp":100,"aud":"api"})", {}, wide, standing::unknown, verdict::insufficient_scopes},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text << static_cast<int>(c.known)) {
            BOOST_TEST((auth::judge(record(c.text), rules, {c.audience, c.scopes}, at(50),
                                    c.known) == c.expected));
        }
}

BOOST_AUTO_TEST_CASE(the_answer_has_every_field) {
    const auto r = record(R"({"iss":"i", "sub":"s", "exp":100, "scope":"w r", "x":"a \" b"})");
    BOOST_TEST(r.answer() ==
               R"({"valid":true,"code":"VALID","subject":"s","organization_id":null,"issuer":"i",)"
               R"("audience":[],"scopes":["r","w"],"token_id":null,"issued_at":null,)"
               R"("expires_at":"1970-01-01T00:01:40Z",)"
               R"("claims":{"iss":"i","sub":"s","exp":100,"scope":"w r","x":"a \" b"}})");
    BOOST_TEST(r.bytes() > r.answer().size());
}

BOOST_AUTO_TEST_SUITE_END()
