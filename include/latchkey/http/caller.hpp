#pragma once
// Decides who a request comes from and how far to trust that. Rate limits, address lists,
// Cache-Control and the connection count all use this one decision.
//
// The client is the peer of the connection, or the address that the PROXY protocol gives in its
// place. If that is one of our own proxies, the client is the one that the proxies name in
// X-Forwarded-For. Each proxy appends the address that it was connected from, so the field is read
// from the right, as far as proxies that we trust wrote it. What stands further left came from the
// client and proves nothing.

#include <latchkey/core/ip_network.hpp>
#include <latchkey/http/configuration.hpp>

#include <optional>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace latchkey::http {

/// The addresses that the configuration trusts.
struct trust {
    std::vector<core::network> callers; ///< server.trusted_callers
    std::vector<core::network> proxies; ///< server.trusted_proxies
    bool unix_callers = false;          ///< server.trusted_unix_callers
};
/// A list that cannot be parsed trusts nobody.
trust trust_of(const configuration&);

/// The process at the other end of a unix socket, when it connected (SO_PEERCRED).
struct local_process {
    uid_t uid;
    gid_t gid;
    pid_t pid; ///< 0 if it is in another namespace of processes
};

/// Where a connection comes from. Set when the connection begins.
struct client_origin {
    /// `from` is nullopt for a unix socket. `believed` must outlive this object.
    client_origin(std::optional<core::address> from, const trust& believed) noexcept
        : peer(from),
          rules(&believed),
          by_proxy(!from || core::contains(believed.proxies, *from)) {}

    std::optional<core::address> peer;
    const trust* rules;
    std::string_view listener{}; ///< the unix listener that it came by, unix:/path; empty for TCP
    std::optional<local_process> process{}; ///< of a peer on a unix socket
    bool named = false; ///< `peer` is what a PROXY header says, not the address of the socket
    bool by_proxy; ///< Peers on a unix socket count as our proxies, as do those in trust::proxies.
};

/// What a request says about the client that it was forwarded for.
struct forwarded_fields {
    /// Whole header lines. Those of X-Forwarded-For count, in their order.
    std::string_view lines;
    bool standard = false; ///< The request has Forwarded (RFC 7239), which serves the same purpose
                           ///< but is not read.

    bool any() const noexcept { return standard || !lines.empty(); }
};

/// Who a request comes from.
struct caller {
    /// The client that limits count. Nullopt: the request came by a unix socket and names no
    /// client.
    std::optional<core::address> client;
    /// False if one of our proxies names the client by something that is not an address. Then
    /// `client` is the proxy that passed it on, and all such requests share it.
    bool readable = true;
    /// The caller may control the cache, and may say for whom it asks.
    bool trusted = false;
    /// The address that the connection counts for in server.connections_per_address_max; nullopt:
    /// it is exempt. Does not depend on what was forwarded.
    std::optional<core::address> counted;

    /// The address to check against address lists. Nullopt if it is not known for certain.
    std::optional<core::address> own_address() const noexcept {
        return readable ? client : std::nullopt;
    }
};

/// Pure. Goes through the addresses from the right and skips proxies; the first other address is
/// the client's. An entry that is not an address ends the walk at the proxy that passed it on. If
/// all are proxies, the leftmost one is the client. A request is never trusted if it was forwarded
/// by a peer that is not one of our proxies, if its client cannot be read or is itself a proxy, or
/// if it came by a unix socket and the configuration does not say that those are trusted. Otherwise
/// the client's address decides.
caller judge_caller(const client_origin&, const forwarded_fields&) noexcept;

} // namespace latchkey::http
