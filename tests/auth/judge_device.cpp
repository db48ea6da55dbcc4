#include <latchkey/auth/device/judge_device.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

using namespace latchkey;
using auth::secret_match;
using auth::verdict;
using namespace std::chrono_literals;

namespace latchkey::auth {
std::ostream& operator<<(std::ostream& out, secret_match m) {
    return out << (m == secret_match::yes        ? "yes"
                   : m == secret_match::previous ? "previous"
                   : m == secret_match::no       ? "no"
                                                 : "needs_scrypt");
}
} // namespace latchkey::auth

namespace {

const core::real_time now = core::real_time(1'800'000'000s);

using facts = auth::device_facts;
void revoked(facts& f) {
    f.revoked = true;
}
void disabled(facts& f) {
    f.active = false;
}
void organization_disabled(facts& f) {
    f.organization_enabled = false;
}

auth::stored_secret stored(std::string_view text) {
    return auth::stored_secret::parse(text, auth::legacy_device_secret::plaintext);
}

const auto scrypt_of_old = stored(crypto::hash_password("old", {4, 1, 1}).value());
const auto scrypt_of_new = stored(crypto::hash_password("new", {4, 1, 1}).value());

using until = std::optional<core::real_time>;
using maybe = std::optional<auth::stored_secret>;

auth::device_record rotated(const auth::stored_secret& current, const maybe& previous,
                            const until& end) {
    facts f;
    f.secret = current;
    f.previous_secret = previous;
    f.previous_until = end;
    return auth::device_record(f);
}

} // namespace

BOOST_AUTO_TEST_SUITE(judge_device)

BOOST_AUTO_TEST_CASE(one_table_of_cases) {
    struct {
        const char* name;
        bool matches;
        std::vector<std::function<void(facts&)>> changes;
        std::vector<std::string_view> scopes;
        verdict expected;
    } const cases[] = {
        {"good", true, {}, {}, verdict::valid},
        {"good with its scopes", true, {}, {"a", "b"}, verdict::valid},
        {"one scope too many", true, {}, {"a", "c"}, verdict::insufficient_scopes},
        {"a scope's beginning", true, {}, {"long"}, verdict::insufficient_scopes},
        {"the empty scope", true, {}, {""}, verdict::insufficient_scopes},
        {"wrong secret", false, {}, {}, verdict::invalid_credentials},
        {"revoked", true, {revoked}, {}, verdict::revoked},
        {"disabled", true, {disabled}, {}, verdict::disabled},
        {"organization disabled",
         true,
         {organization_disabled},
         {},
         verdict::organization_disabled},
        {"wrong secret before all",
         false,
         {revoked, disabled, organization_disabled},
         {"c"},
         verdict::invalid_credentials},
        {"revoked before the rest",
         true,
         {revoked, disabled, organization_disabled},
         {"c"},
         verdict::revoked},
        {"disabled before the rest",
         true,
         {disabled, organization_disabled},
         {"c"},
         verdict::disabled},
        {"organization before scopes",
         true,
         {organization_disabled},
         {"c"},
         verdict::organization_disabled},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            facts f;
            f.device_id = "sensor-7";
            f.scopes = {"longer", "b", "a"};
            for (const auto& change : c.changes)
                change(f);
            const auto found = auth::judge(auth::device_record(f), c.matches, {c.scopes}, now);
            BOOST_TEST(auth::code_of(found) == auth::code_of(c.expected));
        }
}

BOOST_AUTO_TEST_CASE(secrets_are_compared_with_all_that_count) {
    const auto of_old = stored("old");
    const auto of_new = stored("new");
    const auth::stored_secret unusable;
    struct {
        const char* name;
        auth::stored_secret current;
        maybe previous;
        until end;
        const char* presented;
        secret_match expected;
    } const cases[] = {
        {"the secret", of_new, {}, {}, "new", secret_match::yes},
        {"another", of_new, {}, {}, "old", secret_match::no},
        {"the new one of two", of_new, of_old, now + 1s, "new", secret_match::yes},
        {"the old one of two", of_new, of_old, now + 1us, "old", secret_match::previous},
        {"both the same", of_new, of_new, now + 1s, "new", secret_match::yes},
        {"neither of two", of_new, of_old, now + 1s, "odd", secret_match::no},
        {"the old one as it ends", of_new, of_old, now, "old", secret_match::no},
        {"the old one, long ago", of_new, of_old, now - 1h, "old", secret_match::no},
        {"the old one without an end", of_new, of_old, {}, "old", secret_match::no},
        {"the new one after the end", of_new, of_old, now, "new", secret_match::yes},
        {"an end alone", of_new, {}, now + 1s, "old", secret_match::no},
        {"scrypt", scrypt_of_new, {}, {}, "new", secret_match::needs_scrypt},
        {"scrypt, another", scrypt_of_new, {}, {}, "old", secret_match::needs_scrypt},
        {"scrypt, and the old one matches", scrypt_of_new, of_old, now + 1s, "old",
         secret_match::previous},
        {"scrypt before, and the new one matches", of_new, scrypt_of_old, now + 1s, "new",
         secret_match::yes},
        {"scrypt before, and another", of_new, scrypt_of_old, now + 1s, "odd",
         secret_match::needs_scrypt},
        {"scrypt before, ended", of_new, scrypt_of_old, now, "old", secret_match::no},
        {"unusable", unusable, {}, {}, "new", secret_match::no},
        {"unusable, and the old one matches", unusable, of_old, now + 1s, "old",
         secret_match::previous},
        {"both unusable", unusable, unusable, now + 1s, "", secret_match::no},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto record = rotated(c.current, c.previous, c.end);
            BOOST_TEST(auth::compare(record, crypto::sha256(c.presented), now) == c.expected);
        }
}

// The record that stands for a device that does not exist.
BOOST_AUTO_TEST_CASE(no_secret_matches_the_record_of_nothing) {
    const auth::device_record nothing{facts()};
    BOOST_TEST(auth::compare(nothing, {}, now) == secret_match::no);
    BOOST_TEST(auth::compare(nothing, crypto::sha256(""), now) == secret_match::no);
    BOOST_TEST(auth::code_of(auth::judge(nothing, false, {}, now)) == "INVALID_CREDENTIALS");
}

BOOST_AUTO_TEST_CASE(scrypt_forms_are_those_that_count_now) {
    struct {
        const char* name;
        auth::stored_secret current;
        maybe previous;
        until end;
        std::array<const char*, 2> opened_by; ///< the current one, the previous one
    } const cases[] = {
        {"none", stored("new"), stored("old"), now + 1s, {nullptr, nullptr}},
        {"the current one", scrypt_of_new, {}, {}, {"new", nullptr}},
        {"both", scrypt_of_new, scrypt_of_old, now + 1s, {"new", "old"}},
        {"the previous one", stored("new"), scrypt_of_old, now + 1s, {nullptr, "old"}},
        {"the previous one has ended", scrypt_of_new, scrypt_of_old, now, {"new", nullptr}},
        {"the previous one has no end", scrypt_of_new, scrypt_of_old, {}, {"new", nullptr}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto forms = auth::scrypt_forms(rotated(c.current, c.previous, c.end), now);
            for (std::size_t i = 0; i < forms.size(); ++i) {
                BOOST_REQUIRE((forms[i] != nullptr) == (c.opened_by[i] != nullptr));
                if (forms[i]) BOOST_TEST(forms[i]->matches(c.opened_by[i]));
            }
        }
}

BOOST_AUTO_TEST_SUITE_END()
