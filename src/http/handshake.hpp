#pragma once
// The TLS handshake of a connection.

#include "http/connection.hpp"
#include "http/task.hpp"

#include <latchkey/http/service.hpp>

namespace latchkey::http {

enum class handshake {
    done,
    failed,     ///< the alert that gives the reason is being sent
    too_late,   ///< it took longer than tls.handshake_timeout
    plain_http, ///< the client has sent a request without TLS
};

/// Shakes hands on a connection that begins by TLS. Meanwhile it counts in service::handshakes.
task<handshake> shake_hands(connection&, service&);

} // namespace latchkey::http
