#pragma once
// Who asks, and how far that is believed: one decision for limits, for address lists, for
// Cache-Control and for the count of connections.
//
// The client is the peer of the connection (or whom the PROXY protocol names in its place); where
// that is one of our own proxies, it is whom the proxies name in X-Forwarded-For. Each proxy
// appends the address that it was connected from, so the field is believed from the right, as far
// as it was written by proxies we trust; what stands further left was sent by the client and says
// nothing.

#include <latchkey/core/ip_network.hpp>
#include <latchkey/http/configuration.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace latchkey::http {

/// Whom the configuration believes.
struct trust {
    std::vector<core::network> callers; ///< server.trusted_callers
    std::vector<core::network> proxies; ///< server.trusted_proxies
    bool unix_callers = false;          ///< server.trusted_unix_callers
};
/// Lists that cannot be read trust nobody.
trust trust_of(const configuration&);

/// Of a connection, from its start.
struct client_origin {
    /// Where it comes from; nothing: by a unix socket. `believed` outlives this.
    client_origin(std::optional<core::address> from, const trust& believed) noexcept
        : peer(from),
          rules(&believed),
          by_proxy(!from || core::contains(believed.proxies, *from)) {}

    std::optional<core::address> peer;
    const trust* rules;
    bool by_proxy; ///< who may open a unix socket is a proxy of ours, and so are the configured
};

/// What a request says of whom it was forwarded for.
struct forwarded_fields {
    /// Lines of the header, whole; those that are X-Forwarded-For count, in their order.
    std::string_view lines;
    bool standard = false; ///< it has Forwarded (RFC 7239), which says that, and is not read

    bool any() const noexcept { return standard || !lines.empty(); }
};

struct caller {
    /// Whom limits count. Nothing: it came by a unix socket, and nobody is named.
    std::optional<core::address> client;
    /// False: a proxy of ours names somebody, and not by an address. Then `client` is the proxy
    /// that did so, which all such requests share.
    bool readable = true;
    /// It may say how far the cache is believed, and for whom it asks.
    bool trusted = false;
    /// Whose the connection is, for server.connections_per_address_max; nothing: it is exempt. Does
    /// not depend on what was forwarded.
    std::optional<core::address> counted;

    /// Whom lists of addresses judge: what is not known for certain is in none.
    std::optional<core::address> own_address() const noexcept {
        return readable ? client : std::nullopt;
    }
};

/// Pure. From the right, proxies are skipped; the first other address is the client's. An entry
/// that names no address ends the walk at the proxy that passed it on; if all are proxies, the
/// leftmost is it. Never trusted: what was forwarded by a peer that is no proxy of ours, or for a
/// client who cannot be read or is a proxy himself, and by a unix socket unless the configuration
/// says so. Of the others the client's address decides.
caller judge_caller(const client_origin&, const forwarded_fields&) noexcept;

} // namespace latchkey::http
