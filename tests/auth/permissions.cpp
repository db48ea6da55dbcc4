// What a question's `permissions` is read as, and what grants it.
#include "auth/scopes.hpp"

#include <latchkey/auth/api_key/judge.hpp>
#include <latchkey/auth/device/judge_device.hpp>
#include <latchkey/auth/permission_expression.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace latchkey;
using auth::permission_expression;
using texts = std::vector<std::string>;

namespace {

std::string complaint(std::string_view text) {
    return permission_expression().read(text).value_or("none");
}

bool holds(const texts& granted, std::string_view text) {
    permission_expression read;
    BOOST_REQUIRE(!read.read(text));
    return auth::permissions_granted(granted, &read);
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string out;
    while (count-- > 0)
        out += text;
    return out;
}

// "n AND n AND …", with so many names.
std::string names(std::size_t count) {
    return "n" + repeated(" AND n", count - 1);
}

// --- a naive tree of an expression, to compare with ---
struct tree {
    std::string name; // of a leaf
    bool both = false;
    std::unique_ptr<tree> left, right;
};

std::unique_ptr<tree> grow(std::mt19937& random, int leaves) {
    auto out = std::make_unique<tree>();
    if (leaves == 1) {
        out->name = std::string(1, static_cast<char>('a' + random() % 6));
        return out;
    }
    const int left = 1 + static_cast<int>(random() % static_cast<unsigned>(leaves - 1));
    out->both = random() % 2 == 0;
    out->left = grow(random, left);
    out->right = grow(random, leaves - left);
    return out;
}

// Parentheses stand where they must, and sometimes elsewhere. `tight`: it is a part of an AND.
std::string spell(const tree& of, std::mt19937& random, bool tight = false) {
    const auto space = [&] { return std::string(1 + random() % 2, random() % 5 ? ' ' : '\n'); };
    std::string out = of.name;
    if (!of.left) return random() % 8 == 0 ? "(" + out + ")" : out;
    out = spell(*of.left, random, of.both) + space() + (of.both ? "AND" : "OR") + space() +
          spell(*of.right, random, of.both);
    const bool needed = tight && !of.both;
    return needed || random() % 8 == 0 ? "( " + out + ")" : out;
}

bool evaluate(const tree& of, const std::set<std::string>& granted) {
    if (!of.left) return granted.contains(of.name);
    const bool a = evaluate(*of.left, granted);
    const bool b = evaluate(*of.right, granted);
    return of.both ? a && b : a || b;
}

} // namespace

BOOST_AUTO_TEST_SUITE(permissions)

BOOST_AUTO_TEST_CASE(and_binds_closer_than_or) {
    struct {
        const char* expression;
        texts granted;
        bool expected;
    } const cases[] = {
        {"a", {"a"}, true},
        {"a", {}, false},
        {" a\t", {"a"}, true},
        {"(a)", {"a"}, true},
        {"a AND b", {"a"}, false},
        {"a AND b", {"a", "b"}, true},
        {"a OR b", {"b"}, true},
        {"a OR b", {"c"}, false},
        {"a OR b AND c", {"a"}, true},
        {"a OR b AND c", {"b"}, false},
        {"a AND b OR c", {"c"}, true},
        {"(a OR b) AND c", {"a"}, false},
        {"(a OR b) AND c", {"b", "c"}, true},
        {"a AND(b OR c)AND d", {"a", "c", "d"}, true},
        {"documents.read AND (admin OR billing.read)", {"billing.read", "documents.read"}, true},
        {"documents.read AND (admin OR billing.read)", {"documents.read"}, false},
        {"documents.read AND (admin OR billing.read)", {"documents.*", "admin"}, true},
        // Only words in capitals are operators, and only whole ones.
        {"and OR or", {"or"}, true},
        {"ANDROID AND ORDER", {"ANDROID", "ORDER"}, true},
        {"NOTES", {"NOTES"}, true},
        // What Latchkey asks of callers is no "*"'s to give.
        {"latchkey:verify", {"*"}, false},
        {"latchkey:verify OR a", {"*"}, true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.expression) {
            BOOST_TEST(holds(c.granted, c.expression) == c.expected);
        }
}

BOOST_AUTO_TEST_CASE(a_star_stands_for_a_segment_and_at_the_end_for_all_that_are_left) {
    struct {
        const char* scope;
        const char* permission;
        bool expected;
    } const cases[] = {
        {"documents.read", "documents.read", true},
        {"documents.read", "documents.write", false},
        {"documents.read", "documents", false},
        {"documents", "documents.read", false},
        {"documents.*", "documents.read", true},
        {"documents.*", "documents.drafts.read", true},
        {"documents.*", "documents.drafts:read", true},
        {"documents.*", "documents", false},
        {"documents.*", "documents:read", false},
        {"documents.*", "documentsx.read", false},
        {"documents.*", "other.read", false},
        {"documents:*", "documents:read", true},
        {"documents:*", "documents.read", false},
        {"documents.*.read", "documents.a.read", true},
        {"documents.*.read", "documents.a.b.read", false},
        {"documents.*.read", "documents.read", false},
        {"documents.*.read", "documents.a.write", false},
        {"documents.*.read", "documents.a:read", false},
        {"documents.*.read", "documents.a.read.more", false},
        {"*.read", "documents.read", true},
        {"*.read", "read", false},
        {"*.*", "documents.read", true},
        {"*.*", "documents", false},
        {"*", "documents", true},
        {"*", "documents.drafts:read", true},
        // A "*" within a segment is a letter as any other.
        {"doc*.read", "documents.read", false},
        {"documents.r*", "documents.read", false},
        {"documents.**", "documents.read", false},
        {"documents.*d", "documents.read", false},
        {"*s", "documents", false},
        {"a:*1", "a:x1", false},
        {"documents.*.", "documents.read", false},
        {"*.", "documents", false},
        {"", "documents", false},
        // A caller's scopes are given by no "*".
        {"*", "latchkey:verify", false},
        {"latchkey:*", "latchkey:verify", false},
        {"*:verify", "latchkey:verify", false},
        {"*:verify", "latchkeys:verify", true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.scope << " for " << c.permission) {
            BOOST_TEST(auth::gives(c.scope, c.permission) == c.expected);
        }
}

BOOST_AUTO_TEST_CASE(what_is_malformed_is_told_with_its_place) {
    struct {
        const char* expression;
        const char* expected;
    } const cases[] = {
        {"", "at character 1: expected a name or \"(\", but the text ends"},
        {"  ", "at character 3: expected a name or \"(\", but the text ends"},
        {"a AND", "at character 6: expected a name or \"(\", but the text ends"},
        {"AND a", "at character 1: expected a name or \"(\""},
        {"a OR OR b", "at character 6: expected a name or \"(\""},
        {"a b", "at character 3: expected AND or OR, in capitals, or the end"},
        {"a and b", "at character 3: expected AND or OR, in capitals, or the end"},
        {"a && b", "at character 3: expected AND or OR, in capitals, or the end"},
        {"a,b", "at character 2: expected AND or OR, in capitals, or the end"},
        {"a|b", "at character 2: expected AND or OR, in capitals, or the end"},
        {"a\xc3\xa4", "at character 2: expected AND or OR, in capitals, or the end"},
        {"(a", "at character 3: expected AND or OR, in capitals, or \")\""},
        {"(a b)", "at character 4: expected AND or OR, in capitals, or \")\""},
        {"()", "at character 2: expected a name or \"(\""},
        {"a)", "at character 2: expected the end: this \")\" closes nothing"},
        {"a(b)", "at character 2: expected AND or OR, in capitals, or the end"},
        {"NOT a", "at character 1: expected a name or \"(\": there is no NOT, since a permission "
                  "that is missing must never allow more"},
        {"!a", "at character 1: expected a name or \"(\""},
        {"a AND *",
         "at character 7: expected a name without \"*\", which only what is granted may have"},
        {"a.*",
         "at character 3: expected a name without \"*\", which only what is granted may have"},
        {"a..b", "at character 1: expected a name without empty segments"},
        {"a OR .b", "at character 6: expected a name without empty segments"},
        {"a:", "at character 1: expected a name without empty segments"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.expression) {
            BOOST_TEST(complaint(c.expression) == c.expected);
        }
}

BOOST_AUTO_TEST_CASE(each_bound_is_kept_and_told) {
    const auto nested = [](std::size_t depth) {
        return repeated("(", depth) + "n" + repeated(")", depth);
    };
    BOOST_TEST(holds({"n"}, nested(auth::permissions_depth_max)));
    BOOST_TEST(complaint(nested(auth::permissions_depth_max + 1)) ==
               "at character 17: expected at most 16 parentheses within each other");
    // Parentheses beside each other are not within each other.
    BOOST_TEST(holds({"n"}, "(n)" + repeated(" OR (n)", 20)));

    BOOST_TEST(holds({"n"}, names(auth::permissions_names_max)));
    BOOST_TEST(complaint(names(auth::permissions_names_max + 1)) ==
               "at character 193: expected at most 32 names");
    // The deepest stack of results.
    std::string stacked;
    for (std::size_t i = 0; i + 1 < auth::permissions_depth_max; ++i)
        stacked += "n OR n AND (";
    stacked += "n OR n" + repeated(")", auth::permissions_depth_max - 1);
    BOOST_TEST(holds({"n"}, stacked));
    BOOST_TEST(!holds({"m"}, stacked));

    const std::string longest(128, 'n');
    BOOST_TEST(holds({longest}, longest));
    BOOST_TEST(complaint(longest + "n") == "at character 1: expected a name of at most 128 bytes");

    const auto filled = [](std::size_t bytes) { return "n" + std::string(bytes - 1, ' '); };
    BOOST_TEST(holds({"n"}, filled(auth::permissions_bytes_max)));
    BOOST_TEST(complaint(filled(auth::permissions_bytes_max + 1)) ==
               "at character 1025: expected at most 1024 bytes");
}

BOOST_AUTO_TEST_CASE(what_was_not_read_holds_for_nobody) {
    permission_expression none;
    BOOST_TEST(!none.holds([](std::string_view) { return true; }));
    BOOST_TEST(none.read("a OR OR").has_value());
    BOOST_TEST(!none.holds([](std::string_view) { return true; }));
    // Memory that held another expression is used again.
    BOOST_TEST(!none.read("a").has_value());
    BOOST_TEST(none.holds([](std::string_view name) { return name == "a"; }));
    BOOST_TEST(none.read("a b").has_value());
    BOOST_TEST(!none.holds([](std::string_view) { return true; }));
}

BOOST_AUTO_TEST_CASE(random_expressions_hold_as_their_trees_do) {
    std::mt19937 random(20261130);
    std::size_t held = 0;
    for (int i = 0; i < 5000; ++i) {
        const auto of = grow(random, 1 + static_cast<int>(random() % 12));
        const auto text = spell(*of, random);
        std::set<std::string> granted;
        for (char c = 'a'; c <= 'f'; ++c)
            if (random() % 2 == 0) granted.insert(std::string(1, c));
        permission_expression read;
        const auto wrong = read.read(text);
        BOOST_REQUIRE_MESSAGE(!wrong, text << ": " << wrong.value_or(""));
        const texts list(granted.begin(), granted.end());
        const bool expected = evaluate(*of, granted);
        BOOST_REQUIRE_MESSAGE(auth::permissions_granted(list, &read) == expected, text);
        held += expected;
    }
    BOOST_TEST(held > 1000u);
    BOOST_TEST(held < 4000u);
}

// A record finds scopes in its answer, or in texts of their own if there are many or odd ones.
BOOST_AUTO_TEST_CASE(keys_and_devices_are_judged_by_it) {
    const core::real_time now(std::chrono::seconds(1'800'000'000));
    texts many;
    for (int i = 0; i < 40; ++i)
        many.push_back("filler." + std::to_string(i));
    for (const auto& more : {texts(), many}) {
        auto scopes = texts{"documents.*", "admin", "latchkey:verify", "*.latchkey"};
        scopes.insert(scopes.end(), more.begin(), more.end());
        auth::api_key_facts key;
        key.key_id = "key_1";
        key.scopes = scopes;
        auth::device_facts device;
        device.device_id = "dev_1";
        device.scopes = scopes;
        const auth::api_key_record of_key(key);
        const auth::device_record of_device(device);
        struct {
            const char* expression;
            bool expected;
        } const cases[] = {
            {"documents.read", true}, {"documents.read AND admin", true},
            {"documents", false},     {"admin.x OR documents.a.b", true},
            {"billing.read", false},  {"latchkey:verify", false},
            {"other.latchkey", true},
        };
        for (const auto& c : cases)
            BOOST_TEST_CONTEXT(c.expression << " of " << scopes.size()) {
                permission_expression read;
                BOOST_REQUIRE(!read.read(c.expression));
                const auto expected =
                    c.expected ? auth::verdict::valid : auth::verdict::insufficient_scopes;
                auth::api_key_request asked_of_key{};
                asked_of_key.permissions = &read;
                BOOST_TEST(auth::code_of(judge(of_key, asked_of_key, now)) ==
                           auth::code_of(expected));
                auth::device_request asked_of_device{};
                asked_of_device.permissions = &read;
                BOOST_TEST(auth::code_of(judge(of_device, true, asked_of_device, now)) ==
                           auth::code_of(expected));
            }
    }
}

// A scope with a "*" is a text as any other where `scopes` asks.
BOOST_AUTO_TEST_CASE(scopes_are_compared_as_texts) {
    auth::api_key_facts key;
    key.scopes = {"documents.*"};
    const auth::api_key_record record(key);
    BOOST_TEST(record.has_scope("documents.*"));
    BOOST_TEST(!record.has_scope("documents.read"));
    BOOST_TEST(record.gives("documents.read"));
}

// The scopes of callers are asked for by their names, as `scopes` asks for them.
BOOST_AUTO_TEST_CASE(a_callers_scope_is_its_own) {
    auth::api_key_facts key;
    key.scopes = {"*"};
    texts given = {"latchkey:verify"};
    key.caller_scopes = auth::take_caller_scopes(given);
    const auth::api_key_record caller(key);
    BOOST_TEST(caller.gives("latchkey:verify"));
    BOOST_TEST(!caller.gives("latchkey:admin:read"));
    BOOST_TEST(caller.gives("anything.else"));
    key.caller_scopes = {};
    const auth::api_key_record other(key);
    BOOST_TEST(!other.gives("latchkey:verify"));
    BOOST_TEST(other.caller_scopes().empty());
}

BOOST_AUTO_TEST_SUITE_END()
