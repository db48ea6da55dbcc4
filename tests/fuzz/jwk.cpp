// JWKs, alone and in sets.
//
// Must hold:
// - A JWK that is accepted is ready for an algorithm of its type. It verifies what it signs and
//   nothing else.
// - Its public members are a JWK again, with the same thumbprint and id and without a secret, which
//   verifies what it signed.
// - A set accepts a JWK exactly as it would be accepted alone. A public set has no secret in it. No
//   two JWKs of a set have one id. The set of the public members is usable as a whole.

#include "support.hpp"

#include <latchkey/crypto/json_object.hpp>
#include <latchkey/crypto/jwk.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <set>
#include <string>

using namespace latchkey::fuzz;
namespace crypto = latchkey::crypto;
namespace json = boost::json;

namespace {

constexpr std::string_view message = "a message";

bool has_secret(const json::object& key) {
    for (const auto* name : {"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
        if (key.contains(name)) return true;
    return false;
}

void check_signatures(const crypto::jwk& key, const crypto::jwk* public_key) {
    expect(!key.ready().empty(), "a key is ready for something");
    for (const auto& ready : key.ready()) {
        const auto algorithm = ready.algorithm();
        expect(crypto::traits_of(algorithm).type == key.type(),
               "an algorithm is of the key's type");
        expect(key.ready_for(algorithm) == &ready, "and found");
        expect(!ready.verify(message, "") && !ready.verify(message, "no signature"),
               "nothing else verifies");
        const auto signature = ready.sign(message);
        if (!signature) continue; // a public key
        expect(ready.verify(message, *signature), "what it signs it verifies");
        expect(!ready.verify("another", *signature), "for that message");
        const auto* others = public_key ? public_key->ready_for(algorithm) : nullptr;
        if (public_key)
            expect(others && others->verify(message, *signature), "the public key, too");
    }
}

void check_key(const crypto::jwk& key) {
    const auto members = key.public_members();
    expect(members.has_value() != key.is_symmetric(), "all but a symmetric key have a public one");
    if (!members) return check_signatures(key, nullptr);
    expect(!has_secret(*members), "public members hold no secret");
    const auto again = crypto::jwk::parse(json::serialize(*members));
    expect(again.has_value(), "public members are a key");
    expect(again->thumbprint() == key.thumbprint() && again->key_id() == key.key_id() &&
               again->type() == key.type() && again->ready().size() == key.ready().size(),
           "the same key");
    check_signatures(key, &*again);
}

json::object set_of(json::array keys) {
    return {{"keys", std::move(keys)}};
}

void check_set_of_one(const json::object& object, bool taken) {
    const auto text = json::serialize(set_of({object}));
    const auto set = crypto::parse_jwk_set(text, {.symmetric = true});
    if (set)
        expect(set->keys.size() == taken && set->unusable.size() == !taken,
               "a set takes a key as it is taken alone");
    const bool secret = object.contains("d") || object.contains("k");
    if (secret) expect(!crypto::parse_jwk_set(text, {}), "a public set holds no secret");
}

void check_set(std::string_view text, bool symmetric) {
    const auto set = crypto::parse_jwk_set(text, {.symmetric = symmetric});
    if (!set) return expect(!set.error().message.empty(), "a refusal says why");
    const auto object = crypto::parse_json_object(text, {.bytes_max = 65536, .names_max = 4096});
    expect(object && object->at("keys").is_array(), "a set has a list");
    const auto& list = object->at("keys").get_array();
    expect(list.size() == set->keys.size() + set->unusable.size(), "no key is lost");
    for (const auto& one : set->unusable)
        expect(!one.why.empty(), "what is unusable says why");
    std::set<std::string> ids;
    json::array members;
    for (const auto& key : set->keys) {
        if (key.key_id()) expect(ids.insert(*key.key_id()).second, "no two keys have one id");
        expect(symmetric || !key.is_symmetric(), "a public set has no symmetric key");
        if (auto shown = key.public_members()) members.push_back(std::move(*shown));
    }
    const auto count = members.size();
    const auto again = crypto::parse_jwk_set(json::serialize(set_of(std::move(members))), {});
    expect(again && again->keys.size() == count && again->unusable.empty(),
           "the public members are a usable set");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    const auto key = crypto::jwk::parse(text);
    const auto object = crypto::parse_json_object(text, {});
    if (!object) expect(!key, "a key is an object");
    if (key) check_key(*key);
    if (!key) expect(!key.error().message.empty(), "a refusal says why");
    if (object) check_set_of_one(*object, key.has_value());
    check_set(text, false);
    check_set(text, true);
    return 0;
}
