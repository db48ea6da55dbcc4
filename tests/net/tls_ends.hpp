#pragma once
// Both ends of a TLS connection in one thread: Latchkey's, and OpenSSL's client.

#include "../support/certificates.hpp"

#include <latchkey/net/tls/tls_connection.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::crypto_tests {

using net::tls_connection;
using state = tls_connection::state;
using context_ptr = std::shared_ptr<const net::tls_context>;
using client_context = std::unique_ptr<SSL_CTX, test::freed_by<SSL_CTX_free>>;
using session_ptr = std::unique_ptr<SSL_SESSION, test::freed_by<SSL_SESSION_free>>;

inline net::tls_credentials credentials_of(const test::identity& who,
                                           std::string client_authorities = {}) {
    auto made = net::tls_credentials::parse(
        {who.certificate_pem(), crypto::secret(who.key_pem()), std::move(client_authorities)},
        std::chrono::system_clock::now());
    BOOST_REQUIRE_MESSAGE(made.has_value(), made.error().message);
    return *made;
}

inline context_ptr
context_of(const net::tls_credentials& shown, const net::tls_rules& rules = {},
           const net::tls_ticket_keys& tickets = net::tls_ticket_keys::make().value()) {
    auto made = net::tls_context::make(shown, rules, tickets);
    BOOST_REQUIRE_MESSAGE(made.has_value(), made.error().message);
    return *made;
}

inline client_context new_client(int version = 0) {
    client_context out(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_session_cache_mode(out.get(), SSL_SESS_CACHE_CLIENT);
    if (version) {
        SSL_CTX_set_min_proto_version(out.get(), version);
        SSL_CTX_set_max_proto_version(out.get(), version);
    }
    return out;
}

struct ends {
    explicit ends(context_ptr ours, SSL_CTX* theirs = nullptr) : own(new_client()) {
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
        server = std::make_unique<tls_connection>(std::move(ours), fds[0]);
        client = SSL_new(theirs ? theirs : own.get());
        SSL_set_fd(client, fds[1]);
        SSL_set_connect_state(client);
    }
    ~ends() {
        // OpenSSL does not resume a session whose connection ended without close_notify.
        SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(client);
        server.reset();
        for (const int fd : fds)
            if (fd >= 0) ::close(fd);
        ERR_clear_error();
    }
    ends(const ends&) = delete;
    ends& operator=(const ends&) = delete;

    /// Shakes hands, then reads the client's tickets. Returns the server's outcome.
    state shake_hands() {
        auto here = state::wants_input;
        for (int turn = 0; turn < 20; ++turn) {
            ERR_clear_error();
            SSL_do_handshake(client);
            ERR_clear_error();
            if (here != state::done) here = server->shake_hands();
            BOOST_TEST(ERR_peek_error() == 0u, "the queue of errors is clean");
            if (here == state::ended) break;
        }
        char none = 0;
        SSL_peek(client, &none, 1);
        ERR_clear_error();
        return here;
    }
    void say(std::string_view bytes) const {
        BOOST_REQUIRE(SSL_write(client, bytes.data(), static_cast<int>(bytes.size())) ==
                      static_cast<int>(bytes.size()));
    }
    std::string hear(std::size_t room = 65536) const {
        std::string out(room, '\0');
        const auto got = server->read(out);
        BOOST_TEST(ERR_peek_error() == 0u);
        out.resize(got.bytes);
        return out;
    }
    /// Returns what the client reads, at most `bytes`.
    std::string client_hears(std::size_t bytes = 65536) const {
        std::string out(bytes, '\0');
        const int n = SSL_read(client, out.data(), static_cast<int>(out.size()));
        out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return out;
    }
    session_ptr session() const { return session_ptr(SSL_get1_session(client)); }

    client_context own;
    std::array<int, 2> fds{-1, -1};
    std::unique_ptr<tls_connection> server;
    SSL* client = nullptr;
};

} // namespace latchkey::crypto_tests
