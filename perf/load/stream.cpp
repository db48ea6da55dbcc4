#include "stream.hpp"

#include "fault.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace load {
namespace {

std::string openssl_fault() {
    std::array<char, 256> text{};
    const auto code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "TLS failed";
    ERR_error_string_n(code, text.data(), text.size());
    return text.data();
}

} // namespace

void ssl_deleter::operator()(SSL* ssl) const {
    SSL_free(ssl);
}
void ssl_deleter::operator()(SSL_CTX* context) const {
    SSL_CTX_free(context);
}

tls_client::tls_client(const std::string& trusted_file, std::string name)
    : context_(SSL_CTX_new(TLS_client_method())), name_(std::move(name)) {
    if (!context_) throw load::fault("TLS cannot be used: " + openssl_fault());
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(context_.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context_.get(), 1); // one recv a record
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context_.get(), trusted_file.c_str(), nullptr) != 1)
        throw load::fault("--tls " + trusted_file +
                          " holds no certificates in PEM that can be read: " + openssl_fault());
}

ssl_handle tls_client::make(int socket) const {
    ssl_handle out(SSL_new(context_.get()));
    SSL_set_fd(out.get(), socket);
    SSL_set_connect_state(out.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(out.get()), name_.c_str()) != 1) {
        ERR_clear_error();
        SSL_set1_host(out.get(), name_.c_str());
        SSL_set_tlsext_host_name(out.get(), name_.c_str());
    }
    return out;
}

void stream::begin(int socket, const tls_client* tls) {
    socket_ = socket;
    ssl_ = tls ? tls->make(socket) : nullptr;
}

void stream::end() {
    ssl_.reset();
    socket_ = -1;
}

outcome stream::shake_hands() {
    if (!ssl_) return outcome::done;
    const int returned = SSL_do_handshake(ssl_.get());
    if (returned == 1) return outcome::done;
    const auto what = tls_outcome(returned);
    const long verified = SSL_get_verify_result(ssl_.get());
    if (what == outcome::failed && verified != X509_V_OK)
        fault_ = std::string("the server's certificate is not good: ") +
                 X509_verify_cert_error_string(verified) +
                 "; --tls must name a file with the authority that signed it";
    return what;
}

moved stream::read(std::span<char> into) {
    if (ssl_) {
        const int n = SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
        return n > 0 ? moved{outcome::done, static_cast<std::size_t>(n)} : moved{tls_outcome(n)};
    }
    const auto n = ::recv(socket_, into.data(), into.size(), 0);
    if (n > 0) return {outcome::done, static_cast<std::size_t>(n)};
    return {n == 0 ? outcome::closed : socket_outcome()};
}

moved stream::write(std::string_view bytes) {
    if (ssl_) {
        const int n = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        return n > 0 ? moved{outcome::done, static_cast<std::size_t>(n)} : moved{tls_outcome(n)};
    }
    const auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return n >= 0 ? moved{outcome::done, static_cast<std::size_t>(n)} : moved{socket_outcome()};
}

outcome stream::socket_outcome() {
    if (errno == EAGAIN || errno == EINTR) return outcome::again;
    if (errno == ECONNRESET || errno == EPIPE) return outcome::closed;
    fault_ = std::strerror(errno);
    return outcome::failed;
}

outcome stream::tls_outcome(int returned) {
    const int why = SSL_get_error(ssl_.get(), returned);
    if (why == SSL_ERROR_WANT_READ) return outcome::again;
    if (why == SSL_ERROR_WANT_WRITE) return outcome::again_to_write;
    if (why == SSL_ERROR_ZERO_RETURN) return outcome::closed;
    if (why == SSL_ERROR_SYSCALL && ERR_peek_error() == 0)
        return errno == 0 ? outcome::closed : socket_outcome();
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        return outcome::closed;
    }
    fault_ = openssl_fault();
    return outcome::failed;
}

} // namespace load
