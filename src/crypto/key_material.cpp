#include "crypto/key_material.hpp"

#include "crypto/ed25519_point.hpp"

#include <openssl/core_names.h>

#include <array>
#include <utility>
#include <vector>

namespace latchkey::crypto {

namespace {

constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192; // a verification's cost grows with the square
constexpr int rsa_exponent_bits_max = 33;
constexpr std::size_t ed25519_bytes = 32;

core::failure unusable(const char* why) {
    return {core::failure_kind::invalid, why};
}

bignum_ptr number(std::string_view bytes) {
    return bignum_ptr(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// Collects parameters for EVP_PKEY_fromdata, and keeps the numbers alive until it is called.
class parameters {
  public:
    void add(const char* name, std::string_view bytes) {
        if (bytes.empty()) return;
        numbers_.push_back(number(bytes));
        good_ = good_ && numbers_.back() &&
                OSSL_PARAM_BLD_push_BN(builder_.get(), name, numbers_.back().get()) == 1;
    }
    // The builder keeps pointers to octets and names: the caller must keep them alive until make()
    // is done.
    void add_octets(const char* name, std::string_view bytes) {
        good_ = good_ && OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, bytes.data(),
                                                          bytes.size()) == 1;
    }
    void add_name(const char* name, std::string_view text) {
        good_ = good_ && OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, text.data(),
                                                         text.size()) == 1;
    }
    pkey_ptr make(const char* type, bool is_private) {
        EVP_PKEY* key = nullptr;
        const params_ptr made(good_ ? OSSL_PARAM_BLD_to_param(builder_.get()) : nullptr);
        const pkey_ctx_ptr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
        const int what = is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
        if (made && context && EVP_PKEY_fromdata_init(context.get()) == 1)
            (void)EVP_PKEY_fromdata(context.get(), &key, what, made.get());
        return pkey_ptr(key);
    }

  private:
    param_bld_ptr builder_{OSSL_PARAM_BLD_new()};
    std::vector<bignum_ptr> numbers_;
    bool good_ = builder_ != nullptr;
};

bool holds_together(EVP_PKEY* key, bool is_private) {
    const pkey_ctx_ptr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    if (!context || EVP_PKEY_public_check(context.get()) != 1) return false;
    return !is_private || EVP_PKEY_pairwise_check(context.get()) == 1;
}

material finished(key_type type, std::string_view curve, bool is_private, pkey_ptr key) {
    auto made = std::make_shared<key_material>();
    made->type = type;
    made->curve = curve;
    made->is_private = is_private;
    made->pkey = std::move(key);
    return made;
}

const char* complaint_about_public_rsa(const rsa_numbers& numbers) {
    const auto n = number(numbers.n);
    const auto e = number(numbers.e);
    if (!n || !e) return "its numbers are too large";
    if (BN_num_bits(n.get()) < rsa_bits_min) return "its modulus has fewer than 2048 bits";
    if (BN_num_bits(n.get()) > rsa_bits_max) return "its modulus has more than 8192 bits";
    if (!BN_is_odd(n.get())) return "its modulus is even";
    if (!BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > rsa_exponent_bits_max)
        return "its exponent is not odd and between 3 and 2^33";
    return nullptr;
}

// If one of these is there, all must be (RFC 7518, section 6.3.2). OpenSSL 3.0 leaks the memory of
// exponents that come without their primes.
bool is_half_private(const rsa_numbers& numbers) {
    std::size_t there = 0;
    for (const auto* one : {&numbers.p, &numbers.q, &numbers.dp, &numbers.dq, &numbers.qi})
        there += one->empty() ? 0 : 1;
    return there != 0 && (there != 5 || numbers.d.empty());
}

} // namespace

core::result<material> make_symmetric(std::string bytes) {
    auto made = std::make_shared<key_material>();
    made->type = key_type::oct;
    made->is_private = true;
    made->symmetric = secret(std::move(bytes));
    return material(std::move(made));
}

core::result<material> make_rsa(const rsa_numbers& numbers) {
    const clean_errors after;
    if (const auto* wrong = complaint_about_public_rsa(numbers)) return unusable(wrong);
    if (is_half_private(numbers)) return unusable("some of its private numbers are missing");
    const bool is_private = !numbers.d.empty();
    parameters all;
    all.add(OSSL_PKEY_PARAM_RSA_N, numbers.n);
    all.add(OSSL_PKEY_PARAM_RSA_E, numbers.e);
    if (is_private) {
        all.add(OSSL_PKEY_PARAM_RSA_D, numbers.d);
        all.add(OSSL_PKEY_PARAM_RSA_FACTOR1, numbers.p);
        all.add(OSSL_PKEY_PARAM_RSA_FACTOR2, numbers.q);
        all.add(OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers.dp);
        all.add(OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers.dq);
        all.add(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers.qi);
    }
    auto key = all.make("RSA", is_private);
    if (!key) return unusable("its numbers make no RSA key");
    if (is_private && !holds_together(key.get(), true))
        return unusable("its private numbers do not belong to its public ones");
    return finished(key_type::rsa, {}, is_private, std::move(key));
}

core::result<material> make_ec(const point_numbers& numbers) {
    const clean_errors after;
    parameters all;
    all.add_name(OSSL_PKEY_PARAM_GROUP_NAME, numbers.curve);
    const auto point = '\x04' + numbers.x + numbers.y; // uncompressed (SEC 1, section 2.3.3)
    all.add_octets(OSSL_PKEY_PARAM_PUB_KEY, point);
    const bool is_private = !numbers.d.empty();
    if (is_private) all.add(OSSL_PKEY_PARAM_PRIV_KEY, numbers.d);
    auto key = all.make("EC", is_private);
    if (!key || !holds_together(key.get(), false)) return unusable("its point is not on its curve");
    if (is_private && !holds_together(key.get(), true))
        return unusable("its private number does not belong to its point");
    return finished(key_type::ec, numbers.curve, is_private, std::move(key));
}

core::result<material> make_ed25519(const point_numbers& numbers) {
    const clean_errors after;
    if (numbers.x.size() != ed25519_bytes) return unusable("its x does not have 32 bytes");
    if (const auto* wrong = complaint_about_ed25519_point(numbers.x)) return unusable(wrong);
    const bool is_private = !numbers.d.empty();
    if (!is_private) {
        pkey_ptr key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr,
                                                    bytes_of(numbers.x), numbers.x.size()));
        if (!key) return unusable("its x is no point");
        return finished(key_type::okp, numbers.curve, false, std::move(key));
    }
    if (numbers.d.size() != ed25519_bytes) return unusable("its d does not have 32 bytes");
    pkey_ptr key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, bytes_of(numbers.d),
                                                 numbers.d.size()));
    std::array<unsigned char, ed25519_bytes> x{};
    auto length = x.size();
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), x.data(), &length) != 1 ||
        std::string_view(reinterpret_cast<const char*>(x.data()), x.size()) != numbers.x)
        return unusable("its private number does not belong to its point");
    return finished(key_type::okp, numbers.curve, true, std::move(key));
}

} // namespace latchkey::crypto
