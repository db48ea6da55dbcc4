#pragma once
// Whether a request comes from the server's own machine. What cannot be decided counts as a no.

#include <latchkey/http/caller.hpp>
#include <latchkey/http/request.hpp>

namespace latchkey::api {

/// True if the connection comes from a loopback address, over TCP, and the request names a loopback
/// host as its own, and nothing says that a proxy asks for somebody else. One of our proxies must
/// name a client on this machine that is itself no proxy; of others, any trace is enough for a no.
bool is_from_own_machine(const http::client_origin*, const http::request&);

} // namespace latchkey::api
