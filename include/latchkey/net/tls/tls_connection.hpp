#pragma once
// The server's side of one TLS connection over a non-blocking socket. Each call moves bytes and
// tells what to wait for; it never waits itself. The thread's OpenSSL error queue stays clean.

#include <latchkey/net/tls/tls_context.hpp>
#include <latchkey/net/tls/tls_identity.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace latchkey::net {

/// Lives on one thread. Does not own the socket. It cannot be moved, because OpenSSL keeps its
/// address.
class tls_connection {
  public:
    /// Throws std::bad_alloc.
    tls_connection(std::shared_ptr<const tls_context>, int fd);
    ~tls_connection();
    tls_connection(const tls_connection&) = delete;
    tls_connection& operator=(const tls_connection&) = delete;

    enum class state {
        done,
        wants_input,  ///< call again once the socket can be read
        wants_output, ///< call again once the socket can be written
        ended,        ///< the other side ended it, or it is broken: no more bytes
    };

    /// Call it until it returns `done` or `ended`.
    state shake_hands();

    struct moved {
        state then;
        std::size_t bytes; ///< may be above 0 in each state
    };
    moved read(std::span<char> room) noexcept;
    /// If not all bytes were taken, call it again with the rest, or with more behind it.
    moved write(std::string_view bytes) noexcept;
    /// After a read that brought bytes: whether another read may bring more, though no event tells
    /// so.
    bool may_have_more() const noexcept;

    /// Tells the other side that nothing more comes (RFC 8446, section 6.1). It tries once.
    void close_notify() noexcept;

    // --- after the handshake ---
    bool resumed() const noexcept;
    tls_version version() const noexcept;
    /// The names in the client's certificate, or null if it has shown none.
    const tls_identity* client() const noexcept { return client_ ? &*client_ : nullptr; }

    // --- after a handshake that failed ---
    /// True if the client has sent a plain HTTP request.
    bool met_plain_http() const noexcept { return plain_http_; }
    const std::string& why_failed() const noexcept { return why_failed_; }

    /// The socket, and what its last read showed.
    struct wire {
        int fd;
        bool drained = false; ///< it returned less than was asked for
        bool ended = false;
    };

  private:
    state judge(int result) noexcept;
    void note_client();

    std::shared_ptr<const tls_context> context_; // its ticket keys are used until the end
    wire wire_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
    std::optional<tls_identity> client_;
    std::string why_failed_;
    bool plain_http_ = false;
    bool starved_ = false;   // the last read emptied the socket
    bool ended_ = false;     // nothing more will come
    bool broken_ = false;    // OpenSSL must not be asked for anything more
    bool half_sent_ = false; // a record is sent in part
};

} // namespace latchkey::net
