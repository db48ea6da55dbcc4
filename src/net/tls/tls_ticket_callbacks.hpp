#pragma once

#include <openssl/ssl.h>

namespace latchkey::net {

/// Has tickets sealed and opened with the ticket keys of the tls_context in the handle's
/// application data. A ticket is refused if the client's certificate has expired since.
void set_ticket_callbacks(SSL_CTX*);

} // namespace latchkey::net
