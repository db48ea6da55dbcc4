#include "net/tls/tls_ticket_callbacks.hpp"

#include "net/tls/tls_handles.hpp"

#include <latchkey/net/tls/tls_context.hpp>

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <cstring>

namespace latchkey::net {

namespace {

bool set_mac_key(EVP_MAC_CTX* mac, const tls_ticket_keys::key& key) {
    char digest[] = "SHA256";
    auto bytes = key.mac;
    const OSSL_PARAM settings[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes.data(), bytes.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    const bool set = EVP_MAC_CTX_set_params(mac, settings) == 1;
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return set;
}

// The callback of SSL_CTX_set_tlsext_ticket_key_evp_cb(3). It returns 1 for success, 2 for success
// with a new ticket due, 0 for an unknown ticket key (a full handshake follows), -1 for an error.
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
               EVP_MAC_CTX* mac, int sealing) {
    const auto* context =
        static_cast<const tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const auto& keys = context->tickets();
    if (sealing) {
        const auto& key = keys.first();
        std::memcpy(name, key.name.data(), key.name.size());
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
        const bool ready =
            EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1 &&
            set_mac_key(mac, key);
        return ready ? 1 : -1;
    }
    const auto* key = keys.find(name);
    if (!key) return 0;
    const bool ready =
        EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1 &&
        set_mac_key(mac, *key);
    if (!ready) return -1;
    return key == &keys.first() ? 1 : 2;
}

int give(SSL*, void*) {
    return 1;
}

SSL_TICKET_RETURN take(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                       SSL_TICKET_STATUS status, void*) {
    const bool opened = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
    const auto* client = opened && session ? SSL_SESSION_get0_peer(session) : nullptr;
    if (client && X509_cmp_current_time(X509_get0_notAfter(client)) < 0)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    // OpenSSL answers each ticket with a new one, since a TLS 1.3 client should use none twice.
    if (status == SSL_TICKET_SUCCESS) return SSL_TICKET_RETURN_USE;
    if (status == SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_USE_RENEW;
    return SSL_TICKET_RETURN_IGNORE_RENEW;
}

} // namespace

void set_ticket_callbacks(SSL_CTX* context) {
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key);
    SSL_CTX_set_session_ticket_cb(context, give, take, nullptr);
}

} // namespace latchkey::net
