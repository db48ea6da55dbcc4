// Tokens: the compact form, its header and its claims. An input with a line feed is a header and a
// payload in plain text, which are encoded and signed here. Any other input is a token as it is.
//
// Must hold:
// - What is read is canonical: its parts, encoded again, are the text.
// - A header is read if and only if Boost.JSON's tree of it has what RFC 7515 requires.
// - A token is verified if and only if the JWK signed it for that `alg`; with one changed letter
//   it is not.
// - Claims are read as Boost.JSON's tree, unless a limit or a repeated name forbids it.
// - Scopes are sorted and unique; dates are kept within bounds; a claim that is not used changes
//   nothing.

#include "auth/revocation/revocable_id.hpp"
#include "json_tree.hpp"
#include "support.hpp"

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/token_claims.hpp>
#include <latchkey/auth/token/token_lives.hpp>
#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/jws.hpp>

#include <array>
#include <functional>
#include <optional>
#include <string>

using namespace latchkey::fuzz;
namespace auth = latchkey::auth;
namespace crypto = latchkey::crypto;
namespace json = boost::json;

namespace {

constexpr crypto::json_limits header_limits = {.bytes_max = 4096, .depth_max = 4, .names_max = 32};

const crypto::jwk& our_key() {
    static const auto key =
        crypto::jwk::parse(
            R"({"kty":"oct","alg":"HS256","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"})")
            .value();
    return key;
}

bool verifies(const std::string& text) {
    auto read = crypto::unverified_token::read(text);
    constexpr std::array allowed = {crypto::jws_algorithm::hs256};
    return read && crypto::verified_token::verify(std::move(*read), our_key(), allowed);
}

std::size_t names_in(const json::value& v) {
    std::size_t n = 0;
    if (const auto* object = v.if_object())
        for (const auto& member : *object)
            n += 1 + names_in(member.value());
    if (const auto* array = v.if_array())
        for (const auto& element : *array)
            n += names_in(element);
    return n;
}

std::optional<json::object> object_of(std::string_view text, std::size_t depth_max) {
    auto tree = tree_of(text, depth_max);
    if (!tree || !tree->is_object()) return std::nullopt;
    return std::move(tree->get_object());
}

// --- JSON objects ---

void check_repeated(const json::object& object, const crypto::json_limits& limits) {
    if (object.empty()) return;
    const auto name = json::serialize(json::value(object.begin()->key()));
    const auto twice = '{' + name + ":0," + json::serialize(object).substr(1);
    expect(!crypto::parse_json_object(twice, limits), "no name is there twice");
}

void check_object(std::string_view text, const crypto::json_limits& limits) {
    const auto read = crypto::parse_json_object(text, limits);
    const auto tree = object_of(text, limits.depth_max);
    if (read) {
        expect(tree && *tree == *read, "an object is the tree's");
        expect(is_finite(*read), "numbers are finite");
        check_repeated(*read, limits);
        return expect(names_in(*read) <= limits.names_max, "names are within the limit");
    }
    expect(!read.error().message.empty(), "a refusal says why");
    if (!tree) return;
    const auto once = json::serialize(*tree); // each name once
    const bool fits = once.size() <= limits.bytes_max && names_in(*tree) <= limits.names_max;
    if (fits && is_finite(*tree))
        expect(crypto::parse_json_object(once, limits).has_value(),
               "an object of the tree is read");
}

// --- a header and a payload in plain text ---

bool is_text(const json::object& header, std::string_view name) {
    const auto* found = header.if_contains(name);
    return !found || found->is_string();
}

bool is_good(const json::object& header) {
    for (const auto* name : {"crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"})
        if (header.contains(name)) return false;
    return header.contains("alg") && is_text(header, "alg") && is_text(header, "kid") &&
           is_text(header, "typ");
}

std::string signed_token(std::string_view header, std::string_view payload) {
    auto text = crypto::encode_base64url(header) + '.' + crypto::encode_base64url(payload);
    return text + '.' + crypto::encode_base64url(our_key().ready()[0].sign(text).value());
}

void check_no_change_verifies(const std::string& good, dice& d) {
    constexpr std::string_view letters = "ABCDwxyz0189-_.=";
    auto changed = good;
    auto& letter = changed[d.roll(changed.size())];
    const char before = letter;
    letter = letters[d.roll(letters.size())];
    if (letter != before) expect(!verifies(changed), "no changed letter verifies");
    expect(!verifies(good.substr(0, good.size() - 1)), "no shortened token verifies");
    expect(!verifies(good + 'A'), "no lengthened token verifies");
}

void check_claims(std::string_view payload);

void check_clear(std::string_view header, std::string_view payload, dice& d) {
    check_object(header, header_limits);
    const auto object = crypto::parse_json_object(header, header_limits);
    const bool good = object && is_good(*object);
    const auto text = signed_token(header, payload);
    auto read = crypto::unverified_token::read(text);
    expect(read.has_value() == good, "a good header is read, no other");
    const bool ours = good && object->at("alg").get_string() == "HS256";
    expect(verifies(text) == ours, "what the key signed is verified, when its alg says so");
    if (ours) check_no_change_verifies(text, d);
    check_claims(payload);
    if (read) {
        const auto claims = read->read_claims({});
        expect(claims.has_value() == crypto::parse_json_object(payload, {}).has_value(),
               "the claims are the payload");
    }
}

// --- a token as it is ---

void check_compact(std::string_view text) {
    // Copied to the heap, so that a read past its end is detected.
    const std::string own(text);
    auto read = crypto::unverified_token::read(own);
    if (!read) return;
    const auto first = own.find('.');
    const auto second = own.find('.', first + 1);
    for (const auto part : {text.substr(0, first), text.substr(first + 1, second - first - 1),
                            text.substr(second + 1)}) {
        const auto bytes = crypto::decode_base64url(part);
        expect(bytes && crypto::encode_base64url(*bytes) == part, "a part is canonical");
    }
    check_object(*crypto::decode_base64url(text.substr(0, first)), header_limits);
    check_claims(*crypto::decode_base64url(text.substr(first + 1, second - first - 1)));
    if (!verifies(own)) return;
    const auto mac = our_key().ready()[0].sign(text.substr(0, second)).value();
    expect(crypto::encode_base64url(mac) == text.substr(second + 1), "the key signed it");
}

// --- claims ---

bool is_date(const std::optional<latchkey::core::real_time>& date) {
    using namespace std::chrono_literals;
    return !date || (date->time_since_epoch() >= 0s && date->time_since_epoch() <= 9'000'000'000s);
}

bool same(const std::optional<auth::token_claims>& a, const std::optional<auth::token_claims>& b) {
    if (!a || !b) return a.has_value() == b.has_value();
    return a->issuer == b->issuer && a->subject == b->subject && a->token_id == b->token_id &&
           a->organization_id == b->organization_id && a->audiences == b->audiences &&
           a->scopes == b->scopes && a->expires_at == b->expires_at &&
           a->not_before == b->not_before && a->issued_at == b->issued_at &&
           a->ends_at == b->ends_at;
}

auth::issuer_rules plain_rules() {
    auth::issuer_rules rules;
    rules.organization_claim = "organization_id";
    rules.organization_ids = auth::organization_form::uuid;
    return rules;
}
auth::issuer_rules lax_rules() {
    auth::issuer_rules rules;
    rules.organization_claim = "app_metadata.organization.id";
    rules.organization_ids = auth::organization_form::caseless;
    rules.audience_claims = {"client_id", "aud"};
    rules.integer_subject = true;
    rules.max_token_lifetime = auth::unbounded_life;
    return rules;
}

// Each id can be revoked, and is its own canonical spelling.
void check_ids(const auth::token_claims& claims, const auth::issuer_rules& rules) {
    for (const auto* id : {&claims.subject, &claims.token_id})
        if (*id) expect(auth::is_revocable(claims.issuer, **id), "an id can be revoked");
    const auto& organization = claims.organization_id;
    if (!organization) return;
    expect(auth::is_revocable({}, *organization), "an organization can be revoked");
    expect(auth::comparable_organization(*organization, rules.organization_ids) == *organization,
           "an organization has one spelling");
}

void check_claims(std::string_view payload) {
    check_object(payload, {});
    auto object = crypto::parse_json_object(payload, {});
    if (!object) return;
    for (const auto& rules : {plain_rules(), lax_rules()}) {
        const auto claims = auth::read_token_claims(*object, rules);
        auto more = *object;
        more["nobody reads this"] = 1;
        expect(same(claims, auth::read_token_claims(more, rules)),
               "a claim that nobody reads changes nothing");
        if (!claims) continue;
        check_ids(*claims, rules);
        expect(is_date(claims->expires_at) && is_date(claims->not_before) &&
                   is_date(claims->issued_at),
               "dates are held within bounds");
        expect(std::adjacent_find(claims->scopes.begin(), claims->scopes.end(),
                                  std::greater_equal<>()) == claims->scopes.end(),
               "scopes are sorted, each once");
        expect(claims->issuer == auth::issuer_of(*object).value_or(""), "the issuer is iss");
        expect(claims->issued_at == auth::issued_at_of(*object), "the date of issue is iat");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = text_of(data, size);
    const auto line = input.find('\n');
    dice d(input);
    if (line == input.npos)
        check_compact(input);
    else
        check_clear(input.substr(0, line), input.substr(line + 1), d);
    return 0;
}
