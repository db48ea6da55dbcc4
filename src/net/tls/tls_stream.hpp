#pragma once
// A client's TLS connection, and the OpenSSL calls that Asio has no interface for.

#include <latchkey/net/https/https_url.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <string>

namespace latchkey::net {

using tls_stream = boost::asio::ssl::stream<
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>>;

/// Call it before the handshake. The server's certificate must be for this host, and the host's
/// name is sent to the server (SNI) unless it is an address. Returns false if there is no memory.
bool expect_server(tls_stream&, const https_url&);

/// Why the handshake failed; names the certificate's defect if that was the reason.
std::string why_handshake_failed(tls_stream&, const boost::system::error_code&);

/// Clears the thread's OpenSSL error queue: a failed call leaves its reasons there, and the next
/// call would take them for its own.
void clear_tls_errors() noexcept;

} // namespace latchkey::net
