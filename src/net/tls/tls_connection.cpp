#include <latchkey/net/tls/tls_connection.hpp>

#include "net/tls/tls_handles.hpp"

#include <openssl/err.h>

#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace latchkey::net {

namespace {

using wire = tls_connection::wire;

// OpenSSL's own socket BIO has two faults: it does not tell that a read has emptied the socket,
// which would save a system call for each request, and its writes may raise SIGPIPE.
int write_wire(BIO* bio, const char* bytes, int size) {
    auto& socket = *static_cast<wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto n = ::send(socket.fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(n);
}

int read_wire(BIO* bio, char* room, int size) {
    auto& socket = *static_cast<wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    ssize_t n = 0;
    do
        n = ::recv(socket.fd, room, static_cast<std::size_t>(size), 0);
    while (n < 0 && errno == EINTR);
    socket.drained = n < size;
    if (n == 0) socket.ended = true;
    if (n < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
    return static_cast<int>(n);
}

long control_wire(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return static_cast<wire*>(BIO_get_data(bio))->ended;
    return 0;
}

const BIO_METHOD* wire_method() {
    static const auto* made = [] {
        auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
        if (!method) throw std::bad_alloc();
        BIO_meth_set_write(method, write_wire);
        BIO_meth_set_read(method, read_wire);
        BIO_meth_set_ctrl(method, control_wire);
        return method;
    }();
    return made;
}

} // namespace

tls_connection::tls_connection(std::shared_ptr<const tls_context> context, int fd)
    : context_(std::move(context)), wire_{fd}, ssl_(SSL_new(context_->handle()), SSL_free) {
    bio_ptr bio(BIO_new(wire_method()));
    if (!ssl_ || !bio) {
        ERR_clear_error();
        throw std::bad_alloc();
    }
    BIO_set_data(bio.get(), &wire_);
    BIO_set_init(bio.get(), 1);
    SSL_set0_rbio(ssl_.get(), bio.get());
    BIO_up_ref(bio.get());
    SSL_set0_wbio(ssl_.get(), bio.release());
    SSL_set_accept_state(ssl_.get());
}

tls_connection::~tls_connection() = default;

// What a call's failure means. The error queue must have been clean before that call.
tls_connection::state tls_connection::judge(int result) noexcept {
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ) return state::wants_input;
    if (why == SSL_ERROR_WANT_WRITE) return state::wants_output;
    ended_ = true;
    broken_ = why != SSL_ERROR_ZERO_RETURN;
    return state::ended;
}

tls_connection::state tls_connection::shake_hands() {
    const crypto::clean_errors clean;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        note_client();
        return state::done;
    }
    const auto then = judge(result);
    if (then != state::ended) return then;
    plain_http_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    why_failed_ = wire_.ended || ERR_peek_error() == 0 ? "the client went away" : last_reason();
    return then;
}

// Each call of OpenSSL returns one record; small records that came together are read together.
tls_connection::moved tls_connection::read(std::span<char> room) noexcept {
    if (broken_) return {state::ended, 0};
    ERR_clear_error();
    std::size_t total = 0;
    starved_ = false;
    // What an earlier read showed may be older than the socket's last event.
    wire_.drained = false;
    do {
        std::size_t n = 0;
        const auto left = room.subspan(total);
        const int result = SSL_read_ex(ssl_.get(), left.data(), left.size(), &n);
        if (result != 1) {
            const auto then = judge(result);
            ERR_clear_error();
            starved_ = then == state::wants_input;
            // The end is told after the bytes before it were used.
            return {then == state::ended && total > 0 ? state::done : then, total};
        }
        total += n;
    } while (total < room.size() && SSL_has_pending(ssl_.get()) == 1);
    return {state::done, total};
}

// A record holds at most 16 KiB, and each call of OpenSSL writes one.
tls_connection::moved tls_connection::write(std::string_view bytes) noexcept {
    std::size_t sent = 0;
    if (broken_) return {state::ended, 0};
    ERR_clear_error();
    while (sent < bytes.size()) {
        std::size_t n = 0;
        const int result = SSL_write_ex(ssl_.get(), bytes.data() + sent, bytes.size() - sent, &n);
        sent += n;
        half_sent_ = result != 1;
        if (result == 1) continue;
        const auto then = judge(result);
        ERR_clear_error();
        return {then, sent};
    }
    return {state::done, sent};
}

bool tls_connection::may_have_more() const noexcept {
    return !starved_ && (ended_ || !wire_.drained || SSL_has_pending(ssl_.get()) == 1);
}

void tls_connection::close_notify() noexcept {
    if (broken_ || half_sent_ || !SSL_is_init_finished(ssl_.get())) return;
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

bool tls_connection::resumed() const noexcept {
    return SSL_session_reused(ssl_.get()) == 1;
}

tls_version tls_connection::version() const noexcept {
    return SSL_version(ssl_.get()) == TLS1_3_VERSION ? tls_version::tls_1_3 : tls_version::tls_1_2;
}

void tls_connection::note_client() {
    const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate && SSL_get_verify_result(ssl_.get()) == X509_V_OK)
        client_ = identity_of(*certificate);
}

} // namespace latchkey::net
