#include <latchkey/net/tls/tls_credentials.hpp>

#include "net/tls/tls_parts.hpp"

#include <openssl/pem.h>

#include <ctime>

namespace latchkey::net {

namespace {

core::failure wrong(const std::string& what) {
    return {core::failure_kind::invalid, what};
}

bio_ptr reader_of(std::string_view text) {
    return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Keeps OpenSSL from asking for a passphrase on the terminal.
int no_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

core::result<std::vector<x509_ptr>> read_certificates(std::string_view text,
                                                      const std::string& what) {
    const crypto::clean_errors clean;
    std::vector<x509_ptr> all;
    const auto reader = reader_of(text);
    for (;;) {
        x509_ptr one(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
        if (!one) break;
        all.push_back(std::move(one));
    }
    // OpenSSL reports the end of the text as "no start line".
    const auto why = ERR_peek_last_error();
    if (ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
        return wrong(what + " cannot be read: " + last_reason());
    if (all.empty()) return wrong(what + " holds no certificate in PEM");
    return all;
}

core::result<crypto::pkey_ptr> read_key(const crypto::secret& text) {
    const crypto::clean_errors clean;
    const auto reader = reader_of(text.reveal());
    bool asked = false;
    crypto::pkey_ptr key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_passphrase, &asked));
    if (key) return key;
    if (asked)
        return wrong("the key file is sealed with a passphrase; expected one without, which only "
                     "the server can read");
    return wrong("the key file holds no private key in PEM: " + last_reason());
}

core::real_time time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string text_of(const ASN1_TIME* time) {
    const bio_ptr out(BIO_new(BIO_s_mem()));
    ASN1_TIME_print(out.get(), time);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

core::result<void> check_time(const X509* certificate, core::real_time now) {
    const auto* begin = X509_get0_notBefore(certificate);
    const auto* end = X509_get0_notAfter(certificate);
    if (time_of(end) <= now)
        return wrong("the certificate has expired at " + text_of(end) + "; expected a newer one");
    if (time_of(begin) > now)
        return wrong("the certificate is not good before " + text_of(begin) +
                     "; expected one that is, or a clock that is right");
    return {};
}

} // namespace

std::string last_reason() {
    const auto why = ERR_peek_last_error();
    const char* text = ERR_reason_error_string(why);
    return text ? text : "no reason is known";
}

std::string text_of(const X509_NAME* name) {
    const bio_ptr out(BIO_new(BIO_s_mem()));
    if (!out) return {};
    X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

core::result<tls_credentials> tls_credentials::parse(const tls_texts& texts, core::real_time now) {
    auto chain = read_certificates(texts.certificates, "the certificate file");
    if (!chain) return chain.error();
    auto key = read_key(texts.key);
    if (!key) return key.error();
    const crypto::clean_errors clean;
    auto made = std::make_shared<parts>();
    made->certificate = std::move(chain->front());
    chain->erase(chain->begin());
    made->chain = std::move(*chain);
    made->key = std::move(*key);
    if (X509_check_private_key(made->certificate.get(), made->key.get()) != 1)
        return wrong("the key is not the certificate's: the public key of the first certificate is "
                     "another's");
    if (auto in_time = check_time(made->certificate.get(), now); !in_time) return in_time.error();
    if (!texts.client_authorities.empty()) {
        auto trusted = read_certificates(texts.client_authorities, "the file of authorities");
        if (!trusted) return trusted.error();
        made->client_authorities = std::move(*trusted);
    }
    EVP_Digest(texts.client_authorities.data(), texts.client_authorities.size(),
               made->authorities_digest.data(), nullptr, EVP_sha256(), nullptr);
    made->not_after = time_of(X509_get0_notAfter(made->certificate.get()));
    made->subject = text_of(X509_get_subject_name(made->certificate.get()));
    return tls_credentials(std::move(made));
}

core::real_time tls_credentials::not_after() const noexcept {
    return parts_->not_after;
}

const std::string& tls_credentials::subject() const noexcept {
    return parts_->subject;
}

} // namespace latchkey::net
