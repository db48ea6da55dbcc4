#include "net/tls/tls_stream.hpp"

namespace latchkey::net {

bool expect_server(tls_stream& stream, const https_url& url) {
    auto* ssl = stream.native_handle();
    ::SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    if (url.is_address)
        return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), url.host.c_str()) == 1;
    ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return ::SSL_set1_host(ssl, url.host.c_str()) == 1 &&
           ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                      const_cast<char*>(url.host.c_str())) == 1;
}

std::string why_handshake_failed(tls_stream& stream, const boost::system::error_code& error) {
    const auto verdict = ::SSL_get_verify_result(stream.native_handle());
    if (verdict == X509_V_OK) return "did not complete the TLS handshake: " + error.message();
    return "has a certificate that is not accepted: " +
           std::string(::X509_verify_cert_error_string(verdict));
}

void clear_tls_errors() noexcept {
    ::ERR_clear_error();
}

} // namespace latchkey::net
