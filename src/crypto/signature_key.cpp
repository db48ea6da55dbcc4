#include <latchkey/crypto/signature_key.hpp>

#include "crypto/key_material.hpp"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

namespace latchkey::crypto {

namespace {

using digest_bytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

core::failure failed(const char* what) {
    return {core::failure_kind::internal, what};
}

bool set_padding(EVP_PKEY_CTX* context, const jws_algorithm_traits& traits, const EVP_MD* digest) {
    if (EVP_PKEY_CTX_set_signature_md(context, digest) != 1) return false;
    if (traits.scheme == signature_scheme::rsa_pkcs1)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    if (traits.scheme != signature_scheme::rsa_pss) return true;
    // The salt is as long as the digest, and MGF1 uses the same digest (RFC 7518, section 3.5).
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1;
}

// Converts r and s of equal length to ASN.1 (RFC 7518, section 3.4). Returns an empty text if the
// length is wrong or there is no memory.
std::string to_der(std::string_view signature, std::size_t coordinate) {
    if (signature.size() != 2 * coordinate) return {};
    const auto half = static_cast<int>(coordinate);
    bignum_ptr r(BN_bin2bn(bytes_of(signature), half, nullptr));
    bignum_ptr s(BN_bin2bn(bytes_of(signature.substr(coordinate)), half, nullptr));
    const ecdsa_sig_ptr both(ECDSA_SIG_new());
    if (!r || !s || !both || ECDSA_SIG_set0(both.get(), r.get(), s.get()) != 1) return {};
    (void)r.release();
    (void)s.release();
    std::string der(static_cast<std::size_t>(std::max(0, i2d_ECDSA_SIG(both.get(), nullptr))), 0);
    auto* out = bytes_of(der);
    i2d_ECDSA_SIG(both.get(), &out);
    return der;
}

std::string from_der(std::string_view der, std::size_t coordinate) {
    const auto* in = bytes_of(der);
    const ecdsa_sig_ptr both(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
    std::string out(2 * coordinate, 0);
    const auto half = static_cast<int>(coordinate);
    if (!both || BN_bn2binpad(ECDSA_SIG_get0_r(both.get()), bytes_of(out), half) != half ||
        BN_bn2binpad(ECDSA_SIG_get0_s(both.get()), bytes_of(out) + half, half) != half)
        return {};
    return out;
}

} // namespace

namespace {

// The contexts that one call works on. Which members are set depends on the scheme.
struct bench {
    pkey_ctx_ptr verifying;
    md_ctx_ptr hashing;
    mac_ctx_ptr keyed;
};

} // namespace

// The contexts that are set up once and copied to benches. Which members are set depends on the
// scheme.
struct signature_key::state {
    material key;
    md_ptr digest;
    pkey_ctx_ptr verifying;
    pkey_ctx_ptr signing;
    mac_ctx_ptr keyed;
    // A bench that is not in use. It is kept because copying the contexts costs a tenth of an RSA
    // verification.
    mutable std::atomic<bench*> spare{nullptr};

    ~state() { delete spare.load(); }

    bool set_up_hmac(const jws_algorithm_traits& traits);
    bool set_up_digest(const jws_algorithm_traits& traits);
    std::string mac(const bench&, std::string_view message) const;
    bool hash(EVP_MD_CTX*, std::string_view message, digest_bytes& out) const;
    bool verify_hash(const bench&, std::string_view message, std::string_view signature) const;
    bool verify_eddsa(std::string_view message, std::string_view signature) const;
    std::string sign_hash(const bench&, std::string_view message) const;
    std::string sign_eddsa(std::string_view message) const;
    std::unique_ptr<bench> make_bench() const;
};

namespace {

// Borrows the spare bench, or makes a new one. The last one given back stays as the spare.
template <class State>
class borrowed_bench {
  public:
    explicit borrowed_bench(const State& s)
        : state_(s), bench_(s.spare.exchange(nullptr, std::memory_order_acquire)) {
        if (!bench_) bench_ = s.make_bench();
    }
    ~borrowed_bench() { delete state_.spare.exchange(bench_.release(), std::memory_order_acq_rel); }
    borrowed_bench(const borrowed_bench&) = delete;
    borrowed_bench& operator=(const borrowed_bench&) = delete;
    const bench& operator*() const noexcept { return *bench_; }

  private:
    const State& state_;
    std::unique_ptr<bench> bench_;
};

} // namespace

std::unique_ptr<bench> signature_key::state::make_bench() const {
    auto made = std::make_unique<bench>();
    if (verifying) made->verifying.reset(EVP_PKEY_CTX_dup(verifying.get()));
    if (digest) made->hashing.reset(EVP_MD_CTX_new());
    if (keyed) made->keyed.reset(EVP_MAC_CTX_dup(keyed.get()));
    return made;
}

bool signature_key::state::set_up_hmac(const jws_algorithm_traits& traits) {
    const mac_ptr hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    if (!hmac) return false;
    keyed.reset(EVP_MAC_CTX_new(hmac.get()));
    const std::array parameters = {OSSL_PARAM_construct_utf8_string(
                                       OSSL_MAC_PARAM_DIGEST, const_cast<char*>(traits.digest), 0),
                                   OSSL_PARAM_construct_end()};
    const auto bytes = key->symmetric.reveal();
    return keyed &&
           EVP_MAC_init(keyed.get(), bytes_of(bytes), bytes.size(), parameters.data()) == 1;
}

bool signature_key::state::set_up_digest(const jws_algorithm_traits& traits) {
    digest.reset(EVP_MD_fetch(nullptr, traits.digest, nullptr));
    if (!digest) return false;
    verifying.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key->pkey.get(), nullptr));
    if (!verifying || EVP_PKEY_verify_init(verifying.get()) != 1 ||
        !set_padding(verifying.get(), traits, digest.get()))
        return false;
    if (!key->is_private) return true;
    signing.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key->pkey.get(), nullptr));
    return signing && EVP_PKEY_sign_init(signing.get()) == 1 &&
           set_padding(signing.get(), traits, digest.get());
}

std::string signature_key::state::mac(const bench& on, std::string_view message) const {
    std::string out(EVP_MAX_MD_SIZE, 0);
    std::size_t length = 0;
    auto* context = on.keyed.get();
    if (!context || EVP_MAC_init(context, nullptr, 0, nullptr) != 1 ||
        EVP_MAC_update(context, bytes_of(message), message.size()) != 1 ||
        EVP_MAC_final(context, bytes_of(out), &length, out.size()) != 1)
        return {};
    out.resize(length);
    return out;
}

bool signature_key::state::hash(EVP_MD_CTX* context, std::string_view message,
                                digest_bytes& out) const {
    return context && EVP_DigestInit_ex2(context, digest.get(), nullptr) == 1 &&
           EVP_DigestUpdate(context, message.data(), message.size()) == 1 &&
           EVP_DigestFinal_ex(context, out.data(), nullptr) == 1;
}

bool signature_key::state::verify_hash(const bench& on, std::string_view message,
                                       std::string_view signature) const {
    digest_bytes hashed{};
    return on.verifying && hash(on.hashing.get(), message, hashed) &&
           EVP_PKEY_verify(on.verifying.get(), bytes_of(signature), signature.size(), hashed.data(),
                           static_cast<std::size_t>(EVP_MD_get_size(digest.get()))) == 1;
}

bool signature_key::state::verify_eddsa(std::string_view message,
                                        std::string_view signature) const {
    const md_ctx_ptr context(EVP_MD_CTX_new());
    return context &&
           EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                   key->pkey.get(), nullptr) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                            message.size()) == 1;
}

std::string signature_key::state::sign_hash(const bench& on, std::string_view message) const {
    digest_bytes hashed{};
    std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key->pkey.get())), 0);
    auto length = out.size();
    const pkey_ctx_ptr context(signing ? EVP_PKEY_CTX_dup(signing.get()) : nullptr);
    if (!context || !hash(on.hashing.get(), message, hashed) ||
        EVP_PKEY_sign(context.get(), bytes_of(out), &length, hashed.data(),
                      static_cast<std::size_t>(EVP_MD_get_size(digest.get()))) != 1)
        return {};
    out.resize(length);
    return out;
}

std::string signature_key::state::sign_eddsa(std::string_view message) const {
    const md_ctx_ptr context(EVP_MD_CTX_new());
    std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key->pkey.get())), 0);
    auto length = out.size();
    if (!key->is_private || !context ||
        EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key->pkey.get(),
                              nullptr) != 1 ||
        EVP_DigestSign(context.get(), bytes_of(out), &length, bytes_of(message), message.size()) !=
            1)
        return {};
    out.resize(length);
    return out;
}

core::result<signature_key> signature_key::make(material key, jws_algorithm algorithm) {
    const clean_errors after;
    const auto& traits = traits_of(algorithm);
    auto made = std::make_unique<state>();
    made->key = std::move(key);
    bool good = true;
    if (traits.scheme == signature_scheme::hmac)
        good = made->set_up_hmac(traits);
    else if (traits.scheme != signature_scheme::eddsa)
        good = made->set_up_digest(traits);
    if (!good)
        return core::failure{core::failure_kind::invalid,
                             "OpenSSL refuses the key for " + std::string(traits.name)};
    return signature_key(algorithm, std::move(made));
}

signature_key::signature_key(jws_algorithm algorithm, std::unique_ptr<state> made) noexcept
    : algorithm_(algorithm), state_(std::move(made)) {}
signature_key::signature_key(signature_key&&) noexcept = default;
signature_key& signature_key::operator=(signature_key&&) noexcept = default;
signature_key::~signature_key() = default;

bool signature_key::verify(std::string_view message, std::string_view signature) const {
    const clean_errors after;
    const auto& traits = traits_of(algorithm_);
    const borrowed_bench on(*state_);
    switch (traits.scheme) {
    case signature_scheme::hmac: {
        const auto expected = state_->mac(*on, message);
        return !expected.empty() && equal_secrets(expected, signature);
    }
    case signature_scheme::rsa_pkcs1:
    case signature_scheme::rsa_pss:
        return state_->verify_hash(*on, message, signature);
    case signature_scheme::ecdsa: {
        const auto der = to_der(signature, traits.coordinate_bytes);
        return !der.empty() && state_->verify_hash(*on, message, der);
    }
    case signature_scheme::eddsa:
        return state_->verify_eddsa(message, signature);
    }
    return false;
}

core::result<std::string> signature_key::sign(std::string_view message) const {
    const clean_errors after;
    const auto& traits = traits_of(algorithm_);
    const borrowed_bench on(*state_);
    std::string out;
    switch (traits.scheme) {
    case signature_scheme::hmac:
        out = state_->mac(*on, message);
        break;
    case signature_scheme::rsa_pkcs1:
    case signature_scheme::rsa_pss:
        out = state_->sign_hash(*on, message);
        break;
    case signature_scheme::ecdsa:
        out = from_der(state_->sign_hash(*on, message), traits.coordinate_bytes);
        break;
    case signature_scheme::eddsa:
        out = state_->sign_eddsa(message);
        break;
    }
    if (out.empty()) return failed("the key did not sign");
    return out;
}

} // namespace latchkey::crypto
