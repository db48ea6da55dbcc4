#pragma once
// How connections are secured: one immutable snapshot of credentials, rules and ticket keys. A new
// certificate or a new ticket key makes a new snapshot; a connection keeps the one it began with.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/net/tls/tls_credentials.hpp>
#include <latchkey/net/tls/tls_tickets.hpp>

#include <memory>

struct ssl_ctx_st;

namespace latchkey::net {

enum class tls_version { tls_1_2, tls_1_3 };
inline constexpr std::size_t tls_version_count = 2;

/// Client certificates: `none` means that clients are not asked for one; `optional`, that a
/// certificate that is shown must be good; `required`, that every client must show a good one.
enum class client_certificates { none, optional, required };

struct tls_rules {
    tls_version min_version = tls_version::tls_1_2;
    client_certificates from_clients = client_certificates::none;
    bool session_tickets = true;
    core::seconds session_lifetime{7200}; ///< of a ticket
};

/// Allows all suites of TLS 1.3, and those of TLS 1.2 with ECDHE and AEAD. ALPN offers http/1.1
/// alone (RFC 7301). A session is resumed only while client certificates are judged by the same
/// rules and authorities as when it began. Any thread.
class tls_context {
  public:
    static core::result<std::shared_ptr<const tls_context>>
    make(const tls_credentials&, const tls_rules&, const tls_ticket_keys&);
    ~tls_context();
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;

    ssl_ctx_st* handle() const noexcept { return handle_; }
    const tls_ticket_keys& tickets() const noexcept { return tickets_; }

  private:
    tls_context(ssl_ctx_st* handle, const tls_ticket_keys& tickets)
        : handle_(handle), tickets_(tickets) {}

    ssl_ctx_st* handle_;
    tls_ticket_keys tickets_;
};

} // namespace latchkey::net
