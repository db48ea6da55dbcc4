#include <latchkey/net/tls/tls_identity.hpp>

#include "net/tls/tls_handles.hpp"

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>

#include <openssl/x509v3.h>

namespace latchkey::net {

namespace {

using names_ptr = std::unique_ptr<GENERAL_NAMES, crypto::freed_by<GENERAL_NAMES_free>>;

void add(std::vector<std::string>& to, std::string& all, const char* kind,
         const ASN1_STRING* name) {
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                     static_cast<std::size_t>(ASN1_STRING_length(name)));
    if (text.find('\0') != text.npos) return;
    all += (all.empty() ? "" : ", ") + (kind + text);
    to.push_back(std::move(text));
}

// Empty if there is no memory: then nothing is bound to it.
std::string thumbprint_of(const x509_st& certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(&certificate, &der);
    if (size <= 0) return {};
    const std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    const auto digest = crypto::sha256(bytes);
    return crypto::encode_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

} // namespace

tls_identity identity_of(const x509_st& certificate) {
    const crypto::clean_errors clean;
    tls_identity out;
    out.thumbprint = thumbprint_of(certificate);
    out.subject = text_of(X509_get_subject_name(&certificate));
    const names_ptr names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_URI)
            add(out.uris, out.alternative_names, "URI:", name->d.uniformResourceIdentifier);
        if (name->type == GEN_DNS)
            add(out.dns_names, out.alternative_names, "DNS:", name->d.dNSName);
    }
    return out;
}

} // namespace latchkey::net
