#include <latchkey/auth/token/own_signing_keys.hpp>

#include <latchkey/crypto/digest.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

namespace {

namespace json = boost::json;

bool is_hmac(crypto::jws_algorithm algorithm) {
    return crypto::traits_of(algorithm).type == crypto::key_type::oct;
}

// Binds to the thumbprint instead of the JWK's text, which the database may write differently.
std::string binding_of(std::string_view key_id, crypto::jws_algorithm algorithm,
                       std::string_view thumbprint) {
    std::string out(key_id);
    out += '\n';
    out += crypto::traits_of(algorithm).name;
    out += '\n';
    return out += thumbprint;
}

core::failure unusable(std::string why) {
    return {core::failure_kind::invalid, std::move(why)};
}

core::result<crypto::jwk> read_public(const signing_key& row) {
    auto key = crypto::jwk::parse(row.public_jwk);
    if (!key) return key.error();
    if (key->key_id() != row.times.key_id || !key->ready_for(row.times.algorithm))
        return unusable("its public part is another key's");
    return key;
}

core::result<crypto::jwk> open_private(const signing_key& row, std::string_view thumbprint,
                                       const key_encryption_key& kek) {
    if (!kek) return unusable(kek.why_not);
    if (kek.key->id() != row.kek_id)
        return unusable("it is sealed with the key-encryption key " + row.kek_id +
                        ", and this node has " + kek.key->id());
    const auto text =
        kek.key->open(row.sealed, binding_of(row.times.key_id, row.times.algorithm, thumbprint));
    if (!text) return text.error();
    auto key = crypto::jwk::parse(text->reveal());
    if (!key) return key.error();
    const bool same = thumbprint.empty() || key->thumbprint() == thumbprint;
    if (!same || key->key_id() != row.times.key_id) return unusable("it is another key's");
    return key;
}

// Takes what is usable of each row.
class opener {
  public:
    opener(const token_configuration& settings, const key_encryption_key& kek)
        : settings_(settings), kek_(kek) {}

    void take(const signing_key& row) {
        if (is_hmac(row.times.algorithm)) return take_symmetric(row);
        auto key = read_public(row);
        if (!key) {
            out_.own.known_as.unopened_keys.push_back(row.times.key_id);
            return warn(row, key.error().message);
        }
        published_.push_back(*key->public_members());
        if (row.times.state == signing_key_state::current) {
            auto own = open_private(row, key->thumbprint(), kek_);
            if (own)
                sign_with(row, shared(std::move(*own)));
            else
                cannot_sign(row, own.error().message);
        }
        ring_.push_back(shared(std::move(*key)));
    }

    opened_keys finish() {
        auto& own = out_.own;
        own.known = true;
        own.known_as.rules = rules();
        own.known_as.keys = std::make_shared<key_ring>(std::move(ring_));
        own.jwk_set = json::serialize(json::object{{"keys", std::move(published_)}});
        const auto hash = crypto::to_hex(crypto::sha256(own.jwk_set));
        own.entity_tag = '"' + hash.substr(0, 32) + '"';
        if (!own.signer && own.why_not.empty())
            own.why_not = kek_ ? std::string("there is no current signing key yet") : kek_.why_not;
        return std::move(out_);
    }

  private:
    using shared_key = std::shared_ptr<const crypto::jwk>;
    static shared_key shared(crypto::jwk key) {
        return std::make_shared<const crypto::jwk>(std::move(key));
    }

    void take_symmetric(const signing_key& row) {
        const bool signs = row.times.state == signing_key_state::current;
        auto opened = open_private(row, {}, kek_);
        if (!opened) {
            out_.own.known_as.unopened_keys.push_back(row.times.key_id);
            const auto& why = opened.error().message;
            return signs ? cannot_sign(row, why) : warn(row, why);
        }
        auto key = shared(std::move(*opened));
        if (signs) sign_with(row, key);
        ring_.push_back(std::move(key));
    }
    void sign_with(const signing_key& row, shared_key key) {
        out_.own.signer = token_signer::make(std::move(key), row.times.algorithm);
        if (!out_.own.signer) cannot_sign(row, "it is not a key for its algorithm");
    }
    void warn(const signing_key& row, const std::string& why) {
        out_.warnings.push_back("the signing key " + row.times.key_id + ": " + why);
    }
    void cannot_sign(const signing_key& row, const std::string& why) {
        warn(row, why);
        out_.own.why_not = "the current signing key cannot be opened: " + why;
    }

    issuer_rules rules() {
        issuer_rules rules;
        rules.issuer = settings_.issuer;
        // All algorithms are allowed here; each key itself says which one it is for.
        rules.algorithms.assign(own_algorithms.begin(), own_algorithms.end());
        rules.max_token_lifetime = settings_.expires_in_max;
        rules.token_types = {"at+jwt"};
        rules.audiences = {settings_.audience};
        rules.required_claims = {"sub", "client_id", "iat", "jti"};
        rules.organization_claim = "organization_id";
        rules.leeway = settings_.leeway;
        rules.own = true;
        return rules;
    }

    const token_configuration& settings_;
    const key_encryption_key& kek_;
    opened_keys out_;
    json::array published_;
    std::vector<shared_key> ring_;
};

} // namespace

core::result<new_signing_key> seal_signing_key_pair(const crypto::signing_key_pair& pair,
                                                    crypto::jws_algorithm algorithm,
                                                    const crypto::sealing_key& kek) {
    const std::string thumbprint = is_hmac(algorithm) ? std::string() : pair.key_id;
    auto sealed =
        kek.seal(pair.private_jwk.reveal(), binding_of(pair.key_id, algorithm, thumbprint));
    if (!sealed) return sealed.error();
    return new_signing_key{pair.key_id, algorithm, pair.public_jwk, std::move(*sealed), kek.id()};
}

opened_keys open_signing_keys(std::span<const signing_key> rows,
                              const token_configuration& settings, const key_encryption_key& kek) {
    opener all(settings, kek);
    for (const auto& row : rows)
        all.take(row);
    return all.finish();
}

} // namespace latchkey::auth
