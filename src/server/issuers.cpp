#include <latchkey/server/issuers.hpp>

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/secret.hpp>
#include <latchkey/server/configuration_readers.hpp>
#include <latchkey/server/secret_path.hpp>

#include <cstdlib>

namespace latchkey::server {

namespace {

constexpr std::size_t secret_bytes_max = 4096;

core::failure failed(const std::string& path, const std::string& why) {
    return {core::failure_kind::invalid, "the file \"" + path + "\" " + why};
}

core::result<crypto::jwk_set> read_set(const auth::issuer_configuration& c, bool symmetric) {
    const crypto::jwk_set_limits limits{.symmetric = symmetric};
    const auto text = read_small_file(c.jwks_file, limits.bytes_max);
    if (!text) return failed(c.jwks_file, text.error().message);
    auto set = crypto::parse_jwk_set(*text, limits);
    if (!set) return failed(c.jwks_file, "is no good: " + set.error().message);
    // One without any is an answer; where none of them can be used, somebody erred.
    if (set->keys.empty() && !set->unusable.empty())
        return failed(c.jwks_file, "holds no key that can be used");
    return set;
}

core::result<crypto::jwk> read_secret(const auth::issuer_configuration& c) {
    const auto path = secret_path(c.secret_file, std::getenv("CREDENTIALS_DIRECTORY"));
    if (!path) return core::failure{path.error().kind, "secret_file: " + path.error().message};
    auto text = read_small_file(*path, secret_bytes_max);
    if (!text) return failed(*path, text.error().message);
    if (text->ends_with('\n')) text->pop_back();
    const crypto::secret secret(std::move(*text));
    auto key = crypto::jwk::parse(boost::json::object{
        {"kty", "oct"}, {"k", boost::json::string(crypto::encode_base64url(secret.reveal()))}});
    if (!key) return failed(*path, "holds no good secret: " + key.error().message);
    return key;
}

// What the files hold. A set at jwks_url is fetched later, and not here.
core::result<crypto::jwk_set> read_keys(const auth::issuer_configuration& c, bool symmetric) {
    crypto::jwk_set out;
    if (!c.jwks_file.empty()) {
        // Beside a secret of its own, the set is a published one.
        auto set = read_set(c, symmetric && c.secret_file.empty());
        if (!set) return set.error();
        out = std::move(*set);
    }
    if (!c.secret_file.empty()) {
        auto key = read_secret(c);
        if (!key) return key.error();
        out.keys.push_back(std::move(*key));
    }
    return out;
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
        auto keys = read_keys(*c, auth::is_symmetric(*rules));
        if (!keys) return refused(keys.error());
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
            const auto trust = http::tls_trust::load(c->ca_file);
            if (!trust) return refused(trust.error());
            made.fetched_behind = *trust;
        }
        out.all.push_back(std::move(made));
    }
    return out;
}

} // namespace latchkey::server
