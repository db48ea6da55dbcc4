#include <latchkey/crypto/signing_key_pair.hpp>

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/jwk.hpp>
#include <latchkey/crypto/openssl_handles.hpp>
#include <latchkey/crypto/random.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/core_names.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

namespace latchkey::crypto {

namespace {

namespace json = boost::json;

constexpr std::size_t ed25519_bytes = 32;
constexpr std::size_t random_id_length = 22; // 130 bits

// A member of a JWK, and OpenSSL's name for it.
struct number {
    std::string_view name;
    const char* parameter;
    bool is_private = false;
};

constexpr std::array numbers_of_rsa = {
    number{"n", OSSL_PKEY_PARAM_RSA_N},
    number{"e", OSSL_PKEY_PARAM_RSA_E},
    number{"d", OSSL_PKEY_PARAM_RSA_D, true},
    number{"p", OSSL_PKEY_PARAM_RSA_FACTOR1, true},
    number{"q", OSSL_PKEY_PARAM_RSA_FACTOR2, true},
    number{"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true},
    number{"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true},
    number{"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true},
};
constexpr std::array numbers_of_ec = {
    number{"x", OSSL_PKEY_PARAM_EC_PUB_X},
    number{"y", OSSL_PKEY_PARAM_EC_PUB_Y},
    number{"d", OSSL_PKEY_PARAM_PRIV_KEY, true},
};
constexpr std::array numbers_of_okp = {
    number{"x", OSSL_PKEY_PARAM_PUB_KEY},
    number{"d", OSSL_PKEY_PARAM_PRIV_KEY, true},
};

std::span<const number> numbers_of(key_type type) {
    if (type == key_type::rsa) return numbers_of_rsa;
    if (type == key_type::ec) return numbers_of_ec;
    return numbers_of_okp;
}

struct secret_member {
    std::string_view name;
    secret value; // base64url
};

core::failure failed() {
    return {core::failure_kind::internal, "OpenSSL made no key"};
}

pkey_ptr make_key(const jws_algorithm_traits& traits, std::size_t rsa_bits) {
    if (traits.type == key_type::rsa)
        return pkey_ptr(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits));
    if (traits.type == key_type::ec)
        return pkey_ptr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", traits.curve.data()));
    return pkey_ptr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

// Big-endian, with leading zeros up to `bytes_min`. Returns an empty secret if OpenSSL does not
// have the number.
secret integer_of(const EVP_PKEY* key, const char* parameter, std::size_t bytes_min) {
    BIGNUM* found = nullptr;
    if (EVP_PKEY_get_bn_param(key, parameter, &found) != 1) return {};
    const bignum_ptr n(found);
    std::string bytes(std::max(static_cast<std::size_t>(BN_num_bytes(n.get())), bytes_min), 0);
    const auto length = static_cast<int>(bytes.size());
    const bool done = BN_bn2binpad(n.get(), bytes_of(bytes), length) == length;
    secret out(std::move(bytes));
    return done ? std::move(out) : secret();
}

secret octets_of(const EVP_PKEY* key, const char* parameter) {
    std::string bytes(ed25519_bytes, 0);
    std::size_t length = 0;
    const bool done = EVP_PKEY_get_octet_string_param(key, parameter, bytes_of(bytes), bytes.size(),
                                                      &length) == 1 &&
                      length == bytes.size();
    secret out(std::move(bytes));
    return done ? std::move(out) : secret();
}

// The number in base64url.
secret read(const EVP_PKEY* key, const number& n, const jws_algorithm_traits& traits) {
    const auto bytes = traits.type == key_type::okp
                           ? octets_of(key, n.parameter)
                           : integer_of(key, n.parameter, traits.coordinate_bytes);
    return secret(encode_base64url(bytes.reveal()));
}

// The object `open` with more members. The room is reserved first, because a text that grows would
// leave copies of the secrets behind.
secret with_secrets(const json::object& open, std::span<const secret_member> members) {
    const auto begin = json::serialize(open);
    constexpr std::size_t marks = 6; // ,"":""
    auto size = begin.size();
    for (const auto& m : members)
        size += m.name.size() + m.value.reveal().size() + marks;
    std::string text;
    text.reserve(size);
    text.append(begin, 0, begin.size() - 1); // without its last brace
    for (const auto& m : members) {
        text += ",\"";
        text += m.name;
        text += "\":\"";
        text += m.value.reveal();
        text += '"';
    }
    text += '}';
    return secret(std::move(text));
}

core::result<signing_key_pair> generate_symmetric(const jws_algorithm_traits& traits) {
    auto id = random_base62(random_id_length);
    if (!id) return id.error();
    std::string bytes(traits.digest_bytes, 0);
    if (auto filled = fill_random({bytes_of(bytes), bytes.size()}); !filled) return filled.error();
    const secret octets(std::move(bytes));
    const secret_member k{"k", secret(encode_base64url(octets.reveal()))};
    const json::object open = {{"kty", "oct"}, {"alg", traits.name}, {"use", "sig"}, {"kid", *id}};
    auto text = with_secrets(open, {&k, 1});
    return signing_key_pair{std::move(*id), std::move(text), {}};
}

core::result<signing_key_pair> describe(const EVP_PKEY* key, const jws_algorithm_traits& traits) {
    json::object open;
    open["kty"] = traits.type == key_type::rsa ? "RSA" : traits.type == key_type::ec ? "EC" : "OKP";
    if (!traits.curve.empty()) open["crv"] = traits.curve;
    std::vector<secret_member> secrets;
    for (const auto& n : numbers_of(traits.type)) {
        auto value = read(key, n, traits);
        if (value.empty()) return failed();
        if (n.is_private)
            secrets.push_back({n.name, std::move(value)});
        else
            open[n.name] = value.reveal();
    }
    open["alg"] = traits.name;
    open["use"] = "sig";
    const auto parsed = jwk::parse(open);
    if (!parsed) return failed();
    open["kid"] = parsed->thumbprint();
    return signing_key_pair{parsed->thumbprint(), with_secrets(open, secrets),
                            json::serialize(open)};
}

} // namespace

core::result<signing_key_pair> generate_signing_key_pair(jws_algorithm algorithm,
                                                         std::size_t rsa_bits) {
    const clean_errors after;
    const auto& traits = traits_of(algorithm);
    if (traits.type == key_type::oct) return generate_symmetric(traits);
    if (traits.type == key_type::rsa &&
        (rsa_bits < rsa_key_bits_min || rsa_bits > rsa_key_bits_max))
        return core::failure{core::failure_kind::invalid, "an RSA key has 2048 to 8192 bits"};
    const auto key = make_key(traits, rsa_bits);
    if (!key) return failed();
    return describe(key.get(), traits);
}

} // namespace latchkey::crypto
