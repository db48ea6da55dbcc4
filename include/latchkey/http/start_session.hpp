#pragma once
// One client connection, from accept to close.

#include <latchkey/core/ip_network.hpp>

#include <optional>

namespace latchkey::http {

struct service;

/// What is known of a connection before its first byte.
struct arrival {
    std::optional<core::address> named; ///< by the PROXY protocol, in place of the peer
    bool in_the_clear = false;          ///< without TLS, though the service has it
};

/// Serves the connected stream socket `fd` (TCP or unix; taken over, made non-blocking) on the
/// worker whose service this is. Call it on that worker's thread. The connection ends with the
/// service at the latest.
///
/// Requests are answered in order. Those that arrive together get their answers in one send. The
/// first send is attempted synchronously; only what the socket does not take is awaited.
void start_session(int fd, service&, const arrival& = {});

} // namespace latchkey::http
