#pragma once
// Serves one client connection, from accept to close.

#include <latchkey/core/ip_network.hpp>

#include <optional>
#include <string_view>

namespace latchkey::http {

struct service;

/// What is known about a connection before its first byte.
struct accepted_connection {
    std::optional<core::address> named; ///< client that the PROXY protocol names, in place of the
                                        ///< peer
    bool in_the_clear = false;          ///< without TLS although the service has it
    /// As in client_origin; the text must outlive the connection.
    std::string_view listener{};
};

/// Serves the connected stream socket `fd` (TCP or unix) on the worker of this service. Takes
/// ownership of the descriptor and makes it non-blocking. Call it on that worker's thread. The
/// connection ends with the service at the latest.
///
/// Requests are answered in order. Those that arrive together get their answers in one send. The
/// first send is attempted synchronously; the coroutine waits only for what the socket did not
/// take.
void start_session(int fd, service&, const accepted_connection& = {});

} // namespace latchkey::http
