#include "server/process/issuers.hpp"

#include "server/settings/configuration_readers.hpp"
#include "server/settings/secret_path.hpp"

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/json_object.hpp>
#include <latchkey/crypto/published_key.hpp>
#include <latchkey/crypto/secret.hpp>

#include <boost/json/array.hpp>

#include <algorithm>
#include <cstdlib>

namespace latchkey::server {

namespace {

constexpr std::size_t secret_bytes_max = 4096;

core::failure failed(const std::string& path, const std::string& why) {
    return {core::failure_kind::invalid, "the file \"" + path + "\" " + why};
}

// A set with symmetric keys is secret, so that its file must not be open to every user.
core::result<std::string> read_set_text(const auth::issuer_configuration& c,
                                        const crypto::jwk_set_limits& limits,
                                        std::vector<exposed_file>& exposed) {
    if (!limits.symmetric) return read_small_file(c.jwks_file, limits.bytes_max);
    return read_secret_file("issuers.jwks_file", c.jwks_file, limits.bytes_max,
                            std::getenv("CREDENTIALS_DIRECTORY"), exposed);
}

// If a secret is published somewhere, anybody can sign with it.
std::string complaint_about_secret(std::string_view secret) {
    const char* shown = crypto::published_key_in(secret);
    if (!shown) return {};
    return "holds " + std::string(shown) +
           ", and no secret: anybody could sign with what is published. A public key belongs into "
           "a JWK set "
           "(jwks_file); a secret is 32 or more random bytes that only the issuer and this server "
           "have";
}

// Checks the secrets of a set that is not published. parse_jwk_set() has accepted the set.
std::string complaint_about_secrets(std::string_view set, const crypto::jwk_set_limits& limits) {
    const auto object =
        crypto::parse_json_object(set, {.bytes_max = limits.bytes_max, .names_max = set.size()});
    if (!object) return object.error().message;
    for (const auto& element : object->at("keys").as_array()) {
        const auto* key = element.if_object();
        const auto* k = key ? key->if_contains("k") : nullptr;
        const auto* text = k ? k->if_string() : nullptr;
        const auto bytes =
            text ? crypto::decode_base64url({text->data(), text->size()}) : std::nullopt;
        if (bytes)
            if (auto why = complaint_about_secret(*bytes); !why.empty()) return why;
    }
    return {};
}

core::result<crypto::jwk_set> read_set(const auth::issuer_configuration& c, bool symmetric,
                                       std::vector<exposed_file>& exposed) {
    const crypto::jwk_set_limits limits{.symmetric = symmetric};
    const auto text = read_set_text(c, limits, exposed);
    if (!text) return failed(c.jwks_file, text.error().message);
    auto set = crypto::parse_jwk_set(*text, limits);
    if (!set) return failed(c.jwks_file, "is no good: " + set.error().message);
    // An empty set is fine. A set in which no key can be used is a mistake.
    if (set->keys.empty() && !set->unusable.empty())
        return failed(c.jwks_file, "holds no key that can be used");
    if (symmetric)
        if (const auto why = complaint_about_secrets(*text, limits); !why.empty())
            return failed(c.jwks_file, why);
    return set;
}

core::result<crypto::jwk> read_secret(const auth::issuer_configuration& c,
                                      std::vector<exposed_file>& exposed) {
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    const auto path = secret_path(c.secret_file, credentials);
    if (!path) return core::failure{path.error().kind, "secret_file: " + path.error().message};
    auto text =
        read_secret_file("issuers.secret_file", *path, secret_bytes_max, credentials, exposed);
    if (!text) return failed(*path, text.error().message);
    if (text->ends_with('\n')) text->pop_back();
    const crypto::secret secret(std::move(*text));
    if (const auto why = complaint_about_secret(secret.reveal()); !why.empty())
        return failed(*path, why);
    auto key = crypto::jwk::parse(boost::json::object{
        {"kty", "oct"}, {"k", boost::json::string(crypto::encode_base64url(secret.reveal()))}});
    if (!key) return failed(*path, "holds no good secret: " + key.error().message);
    return key;
}

// Reads the keys from the issuer's files. A set at jwks_url is fetched later.
core::result<crypto::jwk_set> read_keys(const auth::issuer_configuration& c, bool symmetric,
                                        std::vector<exposed_file>& exposed) {
    crypto::jwk_set out;
    if (!c.jwks_file.empty()) {
        // If there is a secret_file as well, the set is a published one.
        auto set = read_set(c, symmetric && c.secret_file.empty(), exposed);
        if (!set) return set.error();
        out = std::move(*set);
    }
    if (!c.secret_file.empty()) {
        auto key = read_secret(c, exposed);
        if (!key) return key.error();
        out.keys.push_back(std::move(*key));
    }
    return out;
}

bool is_hmac(crypto::jws_algorithm a) {
    return crypto::traits_of(a).type == crypto::key_type::oct;
}

// Whether one of the keys fits one of the algorithms: of the HMAC ones if `hmac`, else of the
// others.
bool has_key_for(const std::vector<crypto::jwk>& keys, const auth::issuer_rules& rules, bool hmac) {
    return std::ranges::any_of(rules.algorithms, [&](auto algorithm) {
        return is_hmac(algorithm) == hmac &&
               std::ranges::any_of(keys, [&](const auto& k) { return k.ready_for(algorithm); });
    });
}

// Refuses algorithms that no key of the issuer's files fits: otherwise all its tokens would fail.
core::result<void> check_keys(const auth::issuer_configuration& c, const auth::issuer_rules& rules,
                              const std::vector<crypto::jwk>& keys) {
    const bool symmetric = auth::is_symmetric(rules);
    const auto& secrets = c.secret_file.empty() ? c.jwks_file : c.secret_file;
    if (symmetric && !has_key_for(keys, rules, true))
        return core::failure{
            core::failure_kind::invalid,
            "algorithms: \"" + secrets +
                "\" holds no secret that is long enough for any HS algorithm that is "
                "named: HS256 needs 32 bytes, HS384 48 and HS512 64; a published set "
                "holds none at all"};
    const bool others = !std::ranges::all_of(rules.algorithms, is_hmac);
    if (others && !c.jwks_file.empty() && !keys.empty() && !has_key_for(keys, rules, false))
        return core::failure{core::failure_kind::invalid,
                             "algorithms: \"" + c.jwks_file +
                                 "\" holds no key for any of them; name those of its keys"};
    return {};
}

std::string name_of(const crypto::unusable_key& key) {
    return key.key_id ? "\"" + *key.key_id + '"' : "without a \"kid\"";
}

} // namespace

core::result<loaded_issuers> load_issuers(const configuration& settings) {
    loaded_issuers out;
    for (const auto& given : settings.issuers) {
        const auto c = auth::with_preset(given);
        const auto of_issuer = "issuer \"" + (c ? c->issuer : given.issuer) + "\": ";
        const auto refused = [&](const core::failure& why) {
            return core::failure{why.kind, of_issuer + why.message};
        };
        auto rules = auth::make_rules(given);
        if (!rules) return refused(rules.error());
        if (rules->issuer == settings.tokens.issuer)
            return refused({core::failure_kind::invalid,
                            "is also tokens.issuer, the name of our own tokens' issuer; set "
                            "another there"});
        auto keys = read_keys(*c, auth::is_symmetric(*rules), out.exposed);
        if (!keys) return refused(keys.error());
        if (const auto good = check_keys(*c, *rules, keys->keys); !good)
            return refused(good.error());
        for (const auto& key : keys->unusable)
            out.warnings.push_back(of_issuer + "the key " + name_of(key) +
                                   " is not used: " + key.why);
        const std::size_t secrets = c->secret_file.empty() ? 0 : 1;
        const bool without_keys = !c->jwks_file.empty() && keys->keys.size() == secrets;
        loaded_issuer made{std::move(*rules),
                           std::make_shared<const auth::key_ring>(std::move(keys->keys)),
                           *c,
                           {},
                           without_keys};
        if (!c->jwks_url.empty()) {
            const auto trust = net::tls_trust::load(c->ca_file);
            if (!trust) return refused(trust.error());
            made.fetched_behind = *trust;
        }
        out.all.push_back(std::move(made));
    }
    return out;
}

} // namespace latchkey::server
