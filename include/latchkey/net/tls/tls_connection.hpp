#pragma once
// The server's side of one TLS connection over a non-blocking socket: what to wait for, and the
// bytes. It never waits itself. The thread's OpenSSL error queue stays clean.

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

/// Lives on one thread. Does not own the socket; does not move, since OpenSSL knows where it is.
class tls_connection {
  public:
    /// Throws std::bad_alloc.
    tls_connection(std::shared_ptr<const tls_context>, int fd);
    ~tls_connection();
    tls_connection(const tls_connection&) = delete;
    tls_connection& operator=(const tls_connection&) = delete;

    enum class state {
        done,
        wants_input,  ///< again, once the socket has something to read
        wants_output, ///< again, once the socket can be written
        ended,        ///< by the other side, or broken: no byte comes or goes any more
    };

    /// Until it is done.
    state shake_hands();

    struct moved {
        state then;
        std::size_t bytes; ///< may be some, whatever comes then
    };
    moved read(std::span<char> room) noexcept;
    /// Call it again with the same bytes, or more, when not all were taken.
    moved write(std::string_view bytes) noexcept;
    /// After a read that brought bytes: another may bring more, though the socket has no news.
    bool may_have_more() const noexcept;

    /// Tells the other side that nothing more comes (RFC 8446, section 6.1). One try.
    void close_notify() noexcept;

    // --- after the handshake ---
    bool resumed() const noexcept;
    tls_version version() const noexcept;
    /// Whom the client's certificate names, when it has shown one.
    const tls_identity* client() const noexcept { return client_ ? &*client_ : nullptr; }

    // --- after a handshake that failed ---
    /// The client has sent an HTTP request in the clear.
    bool met_plain_http() const noexcept { return plain_http_; }
    const std::string& why_failed() const noexcept { return why_failed_; }

    /// The socket, and what the last read from it told.
    struct wire {
        int fd;
        bool drained = false; ///< it gave less than was asked for
        bool ended = false;
    };

  private:
    state judge(int result) noexcept;
    void note_client();

    std::shared_ptr<const tls_context> context_; // its tickets are asked for until the end
    wire wire_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
    std::optional<tls_identity> client_;
    std::string why_failed_;
    bool plain_http_ = false;
    bool starved_ = false;   // the last read took all that there was
    bool ended_ = false;     // nothing more will come
    bool broken_ = false;    // OpenSSL must not be asked for anything more
    bool half_sent_ = false; // a record is on its way
};

} // namespace latchkey::net
