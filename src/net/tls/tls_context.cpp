#include <latchkey/net/tls/tls_context.hpp>

#include "net/tls/tls_parts.hpp"
#include "net/tls/tls_ticket_callbacks.hpp"

#include <cstring>

namespace latchkey::net {

namespace {

// Only suites with forward secrecy and authenticated encryption (RFC 7525, section 4.2).
constexpr const char* suites_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr std::string_view protocol = "\x08http/1.1";

core::failure refused(const std::string& what) {
    return {core::failure_kind::invalid, what + ": " + last_reason()};
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned int offered_length, void*) {
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, length, crypto::bytes_of(protocol),
                              static_cast<unsigned int>(protocol.size()), offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

void set_modes(SSL_CTX* context, const tls_rules& rules) {
    SSL_CTX_set_min_proto_version(
        context, rules.min_version == tls_version::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION);
    // An idle connection keeps no buffers, and one read takes all that the socket has.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

bool set_pair(SSL_CTX* context, const tls_credentials::parts& held) {
    if (SSL_CTX_use_certificate(context, held.certificate.get()) != 1) return false;
    for (const auto& one : held.chain)
        if (SSL_CTX_add1_chain_cert(context, one.get()) != 1) return false;
    return SSL_CTX_use_PrivateKey(context, held.key.get()) == 1;
}

bool set_authorities(SSL_CTX* context, const tls_credentials::parts& held,
                     client_certificates from_clients) {
    if (from_clients == client_certificates::none) return true;
    for (const auto& one : held.client_authorities)
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) != 1 ||
            SSL_CTX_add_client_CA(context, one.get()) != 1)
            return false;
    // An authority in the file is trusted even if it is an intermediate one.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    const int must =
        from_clients == client_certificates::required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | must, nullptr);
    return true;
}

// A session carries its client's verified identity. Sessions that were judged by other rules or
// authorities belong to another context, so they are not resumed (RFC 5077, section 5.1, leaves
// that to the server).
bool set_sessions(SSL_CTX* context, const tls_credentials::parts& held, const tls_rules& rules) {
    auto judged_by = held.authorities_digest;
    judged_by[0] = static_cast<std::uint8_t>(rules.from_clients);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (rules.session_tickets) {
        SSL_CTX_set_timeout(context, rules.session_lifetime.count());
        SSL_CTX_set_num_tickets(context, 1);
        set_ticket_callbacks(context);
    } else {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(context, 0);
    }
    return SSL_CTX_set_session_id_context(context, judged_by.data(), judged_by.size()) == 1;
}

} // namespace

core::result<std::shared_ptr<const tls_context>> tls_context::make(const tls_credentials& shown,
                                                                   const tls_rules& rules,
                                                                   const tls_ticket_keys& tickets) {
    const crypto::clean_errors clean;
    ssl_ctx_ptr context(SSL_CTX_new(TLS_server_method()));
    if (!context) return refused("no TLS context can be made");
    set_modes(context.get(), rules);
    if (SSL_CTX_set_cipher_list(context.get(), suites_1_2) != 1 ||
        SSL_CTX_set1_groups_list(context.get(), groups) != 1)
        return refused("the cipher suites are not to be had");
    const auto& held = shown.held();
    if (!set_pair(context.get(), held)) return refused("the certificate is not accepted");
    if (!set_authorities(context.get(), held, rules.from_clients))
        return refused("the authorities of clients are not accepted");
    if (!set_sessions(context.get(), held, rules)) return refused("sessions cannot be set up");
    std::shared_ptr<tls_context> made(new tls_context(context.release(), tickets));
    SSL_CTX_set_app_data(made->handle_, made.get());
    return std::shared_ptr<const tls_context>(std::move(made));
}

tls_context::~tls_context() {
    SSL_CTX_free(handle_);
}

} // namespace latchkey::net
