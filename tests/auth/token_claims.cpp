#include "auth/revocation/revocable_id.hpp"

#include <latchkey/auth/token/judge_token.hpp>
#include <latchkey/auth/token/token_claims.hpp>
#include <latchkey/auth/token/token_lives.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace latchkey;
using auth::verdict;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

namespace {

std::optional<auth::token_claims> read(const std::string& text, const auth::issuer_rules& rules) {
    return auth::read_token_claims(boost::json::parse(text).as_object(), rules);
}
std::optional<auth::token_claims> read(const std::string& text,
                                       const std::string& organization = "") {
    auth::issuer_rules rules;
    rules.organization_claim = organization;
    return read(text, rules);
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

// Claims about what a token was made from count in our own tokens alone.
BOOST_AUTO_TEST_CASE(reads_what_a_token_was_made_from) {
    const std::string text =
        R"({"iss":"i","sub":"s","iat":100,"exp":1000,"client_id":"c","subject_issuer":"j",)"
        R"("subject_token_id":"t","exchanged_token_id":"u","subject_issued_at":60})";
    auth::issuer_rules rules;
    const auto foreign = read(text, rules);
    BOOST_TEST((foreign->first_issued_at == at(100)));
    BOOST_TEST(!foreign->client_id);
    BOOST_TEST(!foreign->exchanged_token_id);
    rules.own = true;
    const auto own = read(text, rules);
    BOOST_TEST((own->issued_at == at(100)));
    BOOST_TEST((own->first_issued_at == at(60)));
    BOOST_TEST((own->client_id == "c"));
    BOOST_TEST((own->subject_issuer == "j"));
    BOOST_TEST((own->subject_token_id == "t"));
    BOOST_TEST((own->exchanged_token_id == "u"));
    const struct {
        const char* claims;
        std::optional<core::real_time> first;
    } dates[] = {{R"("iat":100)", at(100)},
                 {R"("iat":100,"subject_issued_at":null)", at(100)},
                 {R"("iat":100,"subject_issued_at":101)", at(100)},
                 {R"("iat":100,"subject_issued_at":0)", at(0)},
                 {R"("subject_issued_at":60)", std::nullopt}};
    for (const auto& d : dates)
        BOOST_TEST((read("{" + std::string(d.claims) + "}", rules)->first_issued_at == d.first));
    BOOST_TEST(!read(R"({"iat":100,"subject_issued_at":"60"})", rules).has_value());
    // The usual client is the subject itself, and is not kept twice.
    BOOST_TEST(!read(R"({"sub":"s","client_id":"s"})", rules)->client_id);
}

BOOST_AUTO_TEST_CASE(reads_what_a_token_is_bound_to) {
    const struct {
        const char* cnf;
        std::optional<std::string> certificate, confirmation;
    } table[] = {
        {"null", {}, {}},
        {"{}", {}, {}},
        {R"({"x5t#S256":"a"})", "a", {}},
        {R"({"jkt":"b"})", {}, R"({"jkt":"b"})"},
        {R"({"x5t#S256":"a","jkt":"b"})", "a", R"({"x5t#S256":"a","jkt":"b"})"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.cnf) {
            const auto c = read(R"({"cnf":)" + std::string(row.cnf) + "}");
            BOOST_REQUIRE(c.has_value());
            BOOST_TEST((c->certificate == row.certificate));
            BOOST_TEST((c->confirmation == row.confirmation));
        }
    BOOST_TEST(!read(R"({"cnf":"a"})").has_value());
    BOOST_TEST(!read(R"({"cnf":{"x5t#S256":1}})").has_value());
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
        {R"({"scope":["b","a","a"]})", {"a", "b"}},
        // A claim of another type grants nothing, and does no harm.
        {R"({"scope":null,"scp":null,"scopes":null,"permissions":null})", {}},
        {R"({"scope":1,"scp":true,"scopes":{},"permissions":{"a":true}})", {}},
        {R"({"scope":{"a":1},"permissions":["b"]})", {"b"}},
        {R"({"scopes":"a b","permissions":"c"})", {}},
        {R"({"scope":["a",1,null,["b"],{"c":1},"",true]})", {"a"}},
        {R"({"permissions":[{"name":"a"},"b"]})", {"b"}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            const auto claims = read(c.text);
            BOOST_REQUIRE(claims.has_value());
            BOOST_TEST(claims->scopes == c.scopes, boost::test_tools::per_element());
        }
}

// RFC 7519, section 4.1.
BOOST_AUTO_TEST_CASE(refuses_wrong_types_and_impossible_dates) {
    for (const char* text :
         {R"({"iss":1})", R"({"sub":1})", R"({"sub":null})", R"({"jti":[]})", R"({"aud":1})",
          R"({"aud":[1]})", R"({"aud":["a",null]})", R"({"exp":"1000"})", R"({"exp":-1})",
          R"({"exp":9007199254740993})", R"({"exp":1e300})", R"({"exp":18446744073709551615})",
          R"({"nbf":true})", R"({"iat":[]})", R"({"iat":-0.5})", R"({"iss":null})",
          R"({"sub":true})", R"({"jti":1})", R"({"aud":{}})"})
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!read(text).has_value());
        }
    BOOST_TEST(read(R"({"exp":9007199254740992})").has_value());
    BOOST_TEST(read(R"({"exp":1e9})").has_value());
}

// Some issuers write null for a claim that is not there.
BOOST_AUTO_TEST_CASE(null_is_absent) {
    const auto c = read(R"({"jti":null,"aud":null,"exp":null,"nbf":null,"iat":null})");
    BOOST_REQUIRE(c.has_value());
    BOOST_TEST(!c->token_id.has_value());
    BOOST_TEST(c->audiences.empty());
    BOOST_TEST(!c->expires_at.has_value());
    BOOST_TEST(!c->not_before.has_value());
    BOOST_TEST(!c->issued_at.has_value());
    // So it counts as missing where it is required.
    const auto complete = [](const std::string& text, const auth::issuer_rules& rules) {
        return auth::is_complete(read(text, rules).value(), boost::json::parse(text).as_object(),
                                 rules);
    };
    auth::issuer_rules rules;
    BOOST_TEST(complete(R"({"exp":1,"iat":1})", rules));
    BOOST_TEST(!complete(R"({"exp":null,"iat":1})", rules));
    BOOST_TEST(!complete(R"({"exp":1,"iat":null})", rules));
    rules.required_claims = {"tenant"};
    BOOST_TEST(complete(R"({"exp":1,"iat":1,"tenant":0})", rules));
    BOOST_TEST(!complete(R"({"exp":1,"iat":1,"tenant":null})", rules));
}

BOOST_AUTO_TEST_CASE(a_subject_may_be_an_integer_where_its_issuer_says_so) {
    auth::issuer_rules rules;
    struct {
        const char* text;
        std::optional<std::string> subject;
    } const cases[] = {
        {R"({"sub":42})", "42"},
        {R"({"sub":-9223372036854775808})", "-9223372036854775808"},
        {R"({"sub":9223372036854775807})", "9223372036854775807"},
        {R"({"sub":9223372036854775808})", {}},
        {R"({"sub":1.0})", {}},
        {R"({"sub":1e3})", {}},
        {R"({"sub":"042"})", "042"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            rules.integer_subject = true;
            const auto claims = read(c.text, rules);
            BOOST_TEST(claims.has_value() == c.subject.has_value());
            if (claims) BOOST_TEST((claims->subject == c.subject));
            rules.integer_subject = false;
            BOOST_TEST(read(c.text, rules).has_value() == (c.text[7] == '"'));
        }
}

// PostgreSQL's text holds no NUL, and an entry of its index at most a third of a page.
BOOST_AUTO_TEST_CASE(what_no_revocation_could_name_is_refused) {
    const std::string longest(auth::revocable_bytes_max - 1, 'x');
    const auto id = [](const char* name, const std::string& value) {
        return R"({"iss":"i",")" + std::string(name) + R"(":")" + value + "\"}";
    };
    for (const char* name : {"sub", "jti"})
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!read(id(name, R"(a\u0000)")).has_value());
            BOOST_TEST(!read(id(name, R"(\u0000)")).has_value());
            BOOST_TEST(!read(id(name, "")).has_value());
            BOOST_TEST(read(id(name, longest)).has_value());
            BOOST_TEST(!read(id(name, longest + 'x')).has_value());
            BOOST_TEST(read(id(name, "\xc3\xa9 \\u0001 \xf0\x9f\x98\x80")).has_value());
        }
    BOOST_TEST(!read(id("aud", R"(a\u0000)")).has_value());
    BOOST_TEST(!read(R"({"aud":["a","b\u0000"]})").has_value());
    BOOST_TEST(!read(id("org", R"(a\u0000)"), "org").has_value());
    BOOST_TEST(read(id("org", longest + 'x'), "org").has_value());
    BOOST_TEST(!read(id("org", longest + "xx"), "org").has_value());
    // Nothing reads this claim.
    BOOST_TEST(read(id("org", R"(a\u0000)")).has_value());
}

BOOST_AUTO_TEST_CASE(an_organization_is_found_by_its_whole_name_or_by_parts) {
    struct {
        const char* text;
        const char* name;
        std::optional<std::string> found;
    } const cases[] = {
        {R"({"org":"o"})", "org", "o"},
        {R"({"org":"o"})", "", {}},
        {R"({"a":{"b":"o"}})", "a.b", "o"},
        {R"({"a":"o"})", "a.b", {}},
        {R"({"a":["o"]})", "a.b", {}},
        {R"({"a":null})", "a.b", {}},
        {R"({"a":{"b":"o"}})", "a.c", {}},
        {R"({"https://b.example/org":"o"})", "https://b.example/org", "o"},
        {R"({"https://b":{"example/org":"o"}})", "https://b.example/org", "o"},
        {R"({"a.b":"whole","a":{"b":"parts"}})", "a.b", "whole"},
        {R"({"a.b":null,"a":{"b":"parts"}})", "a.b", {}},
        {R"({"https://b.example/app":{"org":"o"}})", "https://b.example/app.org", "o"},
        {R"({"a":{"b.c":{"d":"o"}}})", "a.b.c.d", "o"},
        {R"({"a.b":{"x":1},"a":{"b":{"c":"o"}}})", "a.b.c", "o"},
        {R"({"a":{"":"o"}})", "a.", "o"},
        {R"({".":"o"})", ".", "o"},
        {R"({"a":"o"})", "..", {}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text << ' ' << c.name) {
            const auto claims = read(c.text, c.name);
            BOOST_REQUIRE(claims.has_value());
            BOOST_TEST((claims->organization_id == c.found));
        }
}

// A text or a whole number; nothing is rounded.
BOOST_AUTO_TEST_CASE(an_organization_is_an_id_or_refused) {
    struct {
        const char* value;
        std::optional<std::string> id; ///< empty text: none; nullopt: refused
    } const cases[] = {
        {"null", ""},
        {R"("")", ""},
        {R"("o")", "o"},
        {"7", "7"},
        {"-7", "-7"},
        {"0", "0"},
        {"-0", "0"},
        {"-0.0", "0"},
        {"1.0", "1"},
        {"1e3", "1000"},
        {"9007199254740993", "9007199254740993"},
        {"18446744073709551615", "18446744073709551615"},
        {"18446744073709551616", {}},
        {"9007199254740993.0", {}},
        {"1e300", {}},
        {"1.5", {}},
        {"1e-3", {}},
        {"true", {}},
        {"[]", {}},
        {R"(["o"])", {}},
        {"{}", {}},
        {R"({"id":"o"})", {}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.value) {
            const auto claims = read(R"({"org":)" + std::string(c.value) + "}", "org");
            BOOST_REQUIRE(claims.has_value() == c.id.has_value());
            if (claims) BOOST_TEST(claims->organization_id.value_or("") == *c.id);
        }
}

BOOST_AUTO_TEST_CASE(an_organization_is_read_as_the_database_has_it) {
    auth::issuer_rules rules;
    rules.organization_claim = "org";
    rules.organization_ids = auth::organization_form::uuid;
    const auto id = [&](const std::string& text) {
        const auto claims = read(R"({"org":")" + text + "\"}", rules);
        return claims ? claims->organization_id.value() : "refused";
    };
    const std::string canonical = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    BOOST_TEST(id("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}") == canonical);
    BOOST_TEST(id("org_x7") == "org_x7");
    rules.strict_organizations = true;
    BOOST_TEST(id("a0eebc999c0b4ef8bb6d6bb9bd380a11") == canonical);
    BOOST_TEST(id("org_x7") == "refused");
    BOOST_TEST(read(R"({"org":null})", rules).has_value());
    BOOST_TEST(!read(R"({"org":7})", rules).has_value());
}

// The first claim that is there counts.
BOOST_AUTO_TEST_CASE(an_audience_may_have_other_names) {
    auth::issuer_rules rules;
    rules.audience_claims = {"aud", "client_id", "https://b.example/azp"};
    struct {
        const char* text;
        std::optional<texts> audiences;
    } const cases[] = {
        {R"({"aud":"a","client_id":"c"})", texts{"a"}},
        {R"({"client_id":"c","https://b.example/azp":"z"})", texts{"c"}},
        {R"({"aud":null,"client_id":"c"})", texts{"c"}},
        {R"({"aud":[],"client_id":"c"})", texts{}},
        {R"({"https://b.example/azp":["y","z"]})", texts{"y", "z"}},
        {R"({"aud":1,"client_id":"c"})", {}},
        {R"({"client_id":1})", {}},
        {R"({"aud":"a","client_id":1})", texts{"a"}},
        {R"({})", texts{}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            const auto claims = read(c.text, rules);
            BOOST_REQUIRE(claims.has_value() == c.audiences.has_value());
            if (claims)
                BOOST_TEST(claims->audiences == *c.audiences, boost::test_tools::per_element());
        }
    rules.audience_claims = {"client_id"};
    BOOST_TEST(read(R"({"aud":"a"})", rules)->audiences.empty());
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
        // Whatever `exp` says, the rules' lifetime after `iat` is the end.
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

// No date makes it overflow.
BOOST_AUTO_TEST_CASE(a_life_without_a_bound_ends_with_exp) {
    auth::issuer_rules rules;
    rules.any_audience = true;
    rules.max_token_lifetime = auth::unbounded_life;
    constexpr auto last = std::int64_t{9'000'000'000}; // the latest date that is read
    struct {
        const char* text;
        std::int64_t now;
        verdict expected;
    } const cases[] = {
        {R"({"exp":100,"iat":50})", 129, verdict::valid},
        {R"({"exp":100,"iat":50})", 130, verdict::expired},
        {R"({"exp":9007199254740992,"iat":50})", last, verdict::valid},
        {R"({"exp":9007199254740992,"iat":50})", last + 30, verdict::expired},
        {R"({"exp":9007199254740992,"iat":0})", last, verdict::valid},
        {R"({"exp":9007199254740992,"iat":9007199254740992})", last, verdict::valid},
        {R"({"iat":0})", last, verdict::valid},
        {R"({"iat":9007199254740992})", last + 100'000'000, verdict::valid},
        {R"({"iat":9007199254740992})", 0, verdict::not_yet_valid},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text << " at " << c.now) {
            BOOST_TEST((auth::judge(record(c.text), rules, {}, at(c.now), good) == c.expected));
        }
    BOOST_TEST((auth::later_by(at(5), 7s) == at(12)));
    BOOST_TEST((auth::later_by(at(5), auth::unbounded_life) == core::real_time::max()));
    BOOST_TEST((auth::later_by(core::real_time::max(), 60s) == core::real_time::max()));
    BOOST_TEST((auth::later_by(at(last), core::seconds(last)) == core::real_time::max()));
}

// The answer states when the token will be refused, without the leeway.
BOOST_AUTO_TEST_CASE(the_end_is_exp_or_the_bound_after_iat) {
    auth::issuer_rules rules;
    const auto ends = [&](const char* text) { return read(text, rules)->ends_at; };
    rules.max_token_lifetime = 1000s;
    BOOST_TEST((ends(R"({"exp":100,"iat":50})") == at(100)));
    BOOST_TEST((ends(R"({"exp":2000,"iat":50})") == at(1050)));
    BOOST_TEST((ends(R"({"iat":50})") == at(1050)));
    BOOST_TEST((ends(R"({"exp":2000})") == at(2000)));
    rules.max_token_lifetime = auth::unbounded_life;
    BOOST_TEST((ends(R"({"exp":2000,"iat":50})") == at(2000)));
    BOOST_TEST(!ends(R"({"iat":50})").has_value());
}

BOOST_AUTO_TEST_CASE(an_issuer_may_be_bound_to_organizations) {
    const std::string canonical = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    auth::issuer_rules rules;
    rules.any_audience = true;
    rules.organization_claim = "org";
    using form = auth::organization_form;
    constexpr std::optional<verdict> undecided;
    struct {
        const char* name;
        texts organizations;
        form ids;
        bool strict;
        const char* claim;
        std::optional<verdict> expected;
    } const cases[] = {
        {"no bound", {}, form::uuid, false, R"("x")", verdict::valid},
        {"no bound, none named", {}, form::uuid, false, "null", verdict::valid},
        {"one of them", {"a", "b"}, form::text, false, R"("b")", verdict::valid},
        {"another", {"a", "b"}, form::text, false, R"("B")", verdict::issuer_mismatch},
        {"none named", {"a"}, form::text, false, "null", verdict::issuer_mismatch},
        {"an empty one", {"a"}, form::text, false, R"("")", verdict::issuer_mismatch},
        {"a number", {"7"}, form::text, false, "7", verdict::valid},
        {"spelled otherwise",
         {canonical},
         form::uuid,
         false,
         R"("A0EEBC999C0B4EF8BB6D6BB9BD380A11")",
         verdict::valid},
        {"configured otherwise",
         {"{A0EEBC999C0B4EF8BB6D6BB9BD380A11}"},
         form::uuid,
         false,
         R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")",
         verdict::valid},
        {"text is letter for letter",
         {canonical},
         form::text,
         false,
         R"("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")",
         verdict::issuer_mismatch},
        {"not asked yet, and the same",
         {canonical},
         form::unknown,
         false,
         R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")",
         verdict::valid},
        {"not asked yet, and perhaps the same",
         {canonical},
         form::unknown,
         false,
         R"("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11")",
         undecided},
        {"not asked yet, none named",
         {canonical},
         form::unknown,
         false,
         "null",
         verdict::issuer_mismatch},
        {"strict, not asked yet", {}, form::unknown, true, R"("x")", undecided},
        {"strict, none named", {}, form::unknown, true, "null", verdict::valid},
        {"strict and bound, not asked yet", {"x"}, form::unknown, true, R"("x")", undecided},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            rules.organizations = c.organizations;
            rules.strict_organizations = c.strict;
            auth::tell_organizations_apart(rules, c.ids);
            const auto text = R"({"exp":100,"iat":50,"org":)" + std::string(c.claim) + "}";
            auto claims = read(text, rules);
            BOOST_REQUIRE(claims.has_value());
            const auth::token_record one(std::move(*claims), {}, {}, text);
            BOOST_TEST((auth::judge(one, rules, {}, at(60), good) == c.expected));
            // A token that is bad in any case is reported as such.
            const auto late = auth::judge(one, rules, {}, at(1000), good);
            BOOST_TEST((late == (c.expected == verdict::issuer_mismatch ? verdict::issuer_mismatch
                                                                        : verdict::expired)));
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

// A token that is bad in any case is reported as such; one that may be good is not decided.
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
