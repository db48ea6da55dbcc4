#pragma once
// Certificates made at run time: an authority, and those that it issues. A private key is in a file
// only if a test writes it to one.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace latchkey::test {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* p) const noexcept {
        Free(p);
    }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;

inline void require(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

inline key_ptr new_key() {
    key_ptr key(EVP_EC_gen("P-256"));
    require(key != nullptr, "a new key");
    return key;
}

/// The subject and issuer of a new certificate. If `issuer` is null, it signs itself.
struct certificate_order {
    const char* name;
    EVP_PKEY& key;
    const char* alternative_names = nullptr; ///< "DNS:localhost,IP:127.0.0.1"
    X509* issuer = nullptr;
    EVP_PKEY* issuer_key = nullptr;
    long from = -3600; ///< seconds from now
    long until = 24 * 3600;
    bool vouches = false; ///< it may issue certificates although another issued it
};

inline void add_extension(X509& certificate, int kind, const char* value) {
    const std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value));
    require(extension && X509_add_ext(&certificate, extension.get(), -1) == 1, "an extension");
}

inline certificate_ptr new_certificate(const certificate_order& order) {
    certificate_ptr out(X509_new());
    require(out != nullptr, "a new certificate");
    X509_set_version(out.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(out.get()), order.issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(out.get()), order.from);
    X509_gmtime_adj(X509_getm_notAfter(out.get()), order.until);
    X509_set_pubkey(out.get(), &order.key);
    auto* name = X509_get_subject_name(out.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(order.name), -1, -1, 0);
    X509_set_issuer_name(out.get(), order.issuer ? X509_get_subject_name(order.issuer) : name);
    const bool vouches = order.vouches || !order.issuer;
    add_extension(*out, NID_basic_constraints, vouches ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(*out, NID_key_usage,
                  vouches ? "critical,keyCertSign" : "critical,digitalSignature");
    if (order.alternative_names) add_extension(*out, NID_subject_alt_name, order.alternative_names);
    auto* signer = order.issuer_key ? order.issuer_key : &order.key;
    require(X509_sign(out.get(), signer, EVP_sha256()) > 0, "a signature");
    return out;
}

inline std::string content_of(BIO& memory) {
    char* text = nullptr;
    const auto size = BIO_get_mem_data(&memory, &text);
    return {text, static_cast<std::size_t>(size)};
}
using memory_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;

inline std::string pem_of(X509& certificate) {
    const memory_ptr out(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(out.get(), &certificate) == 1, "PEM");
    return content_of(*out);
}
inline std::string pem_of(EVP_PKEY& key, const char* passphrase = nullptr) {
    const memory_ptr out(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_PKCS8PrivateKey(
                out.get(), &key, passphrase ? EVP_aes_256_cbc() : nullptr, passphrase,
                passphrase ? static_cast<int>(std::string(passphrase).size()) : 0, nullptr,
                nullptr) == 1,
            "PEM");
    return content_of(*out);
}

/// A key and its certificate.
struct identity {
    key_ptr key;
    certificate_ptr certificate;

    std::string certificate_pem() const { return pem_of(*certificate); }
    std::string key_pem() const { return pem_of(*key); }
};

class certificate_authority {
  public:
    explicit certificate_authority(const char* name = "Latchkey's tests")
        : key_(new_key()), certificate_(new_certificate({.name = name, .key = *key_})) {}
    /// An authority whose certificate another authority issued.
    certificate_authority(const char* name, const certificate_authority& above)
        : key_(new_key()),
          certificate_(new_certificate({.name = name,
                                        .key = *key_,
                                        .issuer = above.certificate_.get(),
                                        .issuer_key = above.key_.get(),
                                        .vouches = true})) {}

    identity issue(const char* alternative_names, const char* name = "server", long from = -3600,
                   long until = 24 * 3600) const {
        auto key = new_key();
        auto certificate = new_certificate({.name = name,
                                            .key = *key,
                                            .alternative_names = alternative_names,
                                            .issuer = certificate_.get(),
                                            .issuer_key = key_.get(),
                                            .from = from,
                                            .until = until});
        return {std::move(key), std::move(certificate)};
    }
    std::string pem() const { return pem_of(*certificate_); }
    void write(const std::string& path) const { std::ofstream(path) << pem(); }

  private:
    key_ptr key_;
    certificate_ptr certificate_;
};

} // namespace latchkey::test
