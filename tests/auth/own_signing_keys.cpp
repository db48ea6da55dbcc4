#include <latchkey/auth/token/own_signing_keys.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using crypto::jws_algorithm;
using state = auth::signing_key_state;

namespace {

auth::key_encryption_key kek(char fill) {
    auto key = crypto::sealing_key::parse(std::string(64, fill));
    return {std::make_shared<const crypto::sealing_key>(std::move(key.value())), {}};
}

struct one_key {
    explicit one_key(jws_algorithm a, state s = state::current, char sealed_with = 'a') {
        pair = crypto::generate_signing_key_pair(a).value();
        auto sealed = auth::seal_signing_key_pair(pair, a, *kek(sealed_with).key).value();
        row.times = {sealed.key_id, a, s, {}, {}, {}, {}};
        row.public_jwk = sealed.public_jwk;
        row.sealed = sealed.sealed;
        row.kek_id = sealed.kek_id;
    }
    crypto::signing_key_pair pair;
    auth::signing_key row;
};

const auth::token_configuration settings;

auth::opened_keys open(std::vector<auth::signing_key> rows, const auth::key_encryption_key& with) {
    return auth::open_signing_keys(rows, settings, with);
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_signing_keys)

BOOST_AUTO_TEST_CASE(the_current_key_signs_and_all_but_the_retired_verify) {
    const one_key next(jws_algorithm::eddsa, state::next);
    const one_key current(jws_algorithm::es256);
    const one_key retiring(jws_algorithm::rs256, state::retiring);
    const auto opened = open({next.row, current.row, retiring.row}, kek('a'));
    BOOST_TEST(opened.warnings.empty());
    const auto& own = opened.own;
    BOOST_REQUIRE(own.signer);
    BOOST_TEST(own.why_not == "");
    BOOST_TEST(own.known_as.rules.own);
    BOOST_TEST(own.known_as.rules.issuer == settings.issuer);
    BOOST_TEST(own.known);
    BOOST_TEST(own.known_as.unopened_keys.empty());
    // All algorithms: a key that is not known yet may be for another one.
    BOOST_TEST(own.known_as.rules.algorithms.size() == auth::own_algorithms.size());
    for (const auto* key : {&next, &current, &retiring})
        BOOST_TEST(own.known_as.keys->find(key->pair.key_id, key->row.times.algorithm));

    const auto token = own.signer->sign(R"({"sub":"a"})").value();
    auto read = crypto::unverified_token::read(token).value();
    BOOST_TEST(read.key_id().value() == current.pair.key_id);
    BOOST_TEST(read.type().value() == "at+jwt");
    const auto* key = own.known_as.keys->find(read.key_id(), jws_algorithm::es256);
    BOOST_TEST(
        crypto::verified_token::verify(read, *key, own.known_as.rules.algorithms).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_published_has_no_private_part) {
    const one_key current(jws_algorithm::es256);
    const one_key secret(jws_algorithm::hs256, state::next);
    const auto own = open({current.row, secret.row}, kek('a')).own;
    const auto set = boost::json::parse(own.jwk_set).as_object();
    const auto& keys = set.at("keys").as_array();
    BOOST_REQUIRE(keys.size() == 1u);
    BOOST_TEST(keys[0].at("kid").as_string() == current.pair.key_id);
    BOOST_TEST(keys[0].at("alg").as_string() == "ES256");
    BOOST_TEST(keys[0].at("use").as_string() == "sig");
    BOOST_TEST(!keys[0].as_object().contains("d"));
    BOOST_TEST(own.entity_tag.size() == 34u);
    BOOST_TEST(own.entity_tag !=
               open({current.row, one_key(jws_algorithm::es256, state::next).row}, kek('a'))
                   .own.entity_tag);
    BOOST_TEST(own.entity_tag == open({current.row}, kek('a')).own.entity_tag);
    BOOST_TEST(open({}, kek('a')).own.jwk_set == R"({"keys":[]})");
}

// A node that cannot unseal still verifies.
BOOST_AUTO_TEST_CASE(without_the_key_encryption_key_it_verifies_and_does_not_sign) {
    const one_key current(jws_algorithm::es256);
    struct {
        auth::key_encryption_key with;
        std::string says;
    } const cases[] = {{{nullptr, "there is none"}, "there is none"},
                       {kek('b'), "it is sealed with the key-encryption key"}};
    for (const auto& c : cases) {
        const auto opened = open({current.row}, c.with);
        BOOST_TEST(!opened.own.signer);
        BOOST_TEST(opened.own.why_not.find(c.says) != std::string::npos, opened.own.why_not);
        BOOST_TEST(opened.own.known_as.keys->find(current.pair.key_id, jws_algorithm::es256));
        BOOST_TEST(opened.warnings.size() == 1u);
    }
    BOOST_TEST(open({}, kek('a')).own.why_not == "there is no current signing key yet");
    BOOST_TEST(open({}, {nullptr, "there is none"}).own.why_not == "there is none");
}

BOOST_AUTO_TEST_CASE(a_secret_key_signs_and_verifies_where_it_can_be_opened) {
    const one_key current(jws_algorithm::hs256);
    const auto opened = open({current.row}, kek('a'));
    BOOST_REQUIRE(opened.own.signer);
    BOOST_TEST(opened.own.known_as.keys->find(current.pair.key_id, jws_algorithm::hs256));
    const auto closed = open({current.row}, kek('b'));
    BOOST_TEST(!closed.own.signer);
    BOOST_TEST(closed.own.known_as.keys->size() == 0u);
    BOOST_TEST((closed.own.known_as.unopened_keys == std::vector{current.pair.key_id}));
}

// The sealed part is bound to its row.
BOOST_AUTO_TEST_CASE(rows_that_were_tampered_with_are_not_used) {
    const one_key a(jws_algorithm::es256);
    const one_key b(jws_algorithm::es256);
    auto swapped = a.row;
    swapped.sealed = b.row.sealed;
    BOOST_TEST(!open({swapped}, kek('a')).own.signer);
    auto renamed = b.row;
    renamed.times.key_id = a.row.times.key_id;
    const auto opened = open({renamed}, kek('a'));
    BOOST_TEST(!opened.own.signer);
    BOOST_TEST(opened.own.known_as.keys->size() == 0u);
    BOOST_TEST(opened.warnings.size() == 1u);
    auto other_public = a.row;
    other_public.public_jwk = b.row.public_jwk;
    BOOST_TEST(open({other_public}, kek('a')).own.known_as.keys->size() == 0u);
    auto broken = a.row;
    broken.public_jwk = "{";
    BOOST_TEST(open({broken}, kek('a')).warnings.size() == 1u);
    // The database may write it with other white space, in another order.
    auto rewritten = a.row;
    auto members = boost::json::parse(a.row.public_jwk).as_object();
    rewritten.public_jwk = "{ ";
    for (auto it = members.rbegin(); it != members.rend(); ++it)
        rewritten.public_jwk += (rewritten.public_jwk.size() > 2 ? ", " : "") + std::string("\"") +
                                std::string(it->key()) + "\" : \"" +
                                std::string(it->value().as_string()) + '"';
    rewritten.public_jwk += " }";
    BOOST_TEST(open({rewritten}, kek('a')).own.signer);
}

BOOST_AUTO_TEST_SUITE_END()
