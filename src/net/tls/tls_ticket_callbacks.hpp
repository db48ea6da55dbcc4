#pragma once

#include <openssl/ssl.h>

namespace latchkey::net {

/// Tickets are sealed and opened with the keys of the tls_context in the handle's application data.
/// One of a client whose certificate has ended meanwhile is not taken.
void set_ticket_callbacks(SSL_CTX*);

} // namespace latchkey::net
