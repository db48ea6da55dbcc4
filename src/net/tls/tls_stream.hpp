#pragma once
// A TLS connection of a client, and what Asio leaves to OpenSSL there.

#include <latchkey/net/https/https_url.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <string>

namespace latchkey::net {

using tls_stream = boost::asio::ssl::stream<
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>>;

/// Before the handshake: the server's certificate must be of this host, and it is told which one is
/// meant (SNI), unless that is an address. False: out of memory.
bool expect_server(tls_stream&, const https_url&);

/// What ended the handshake; about the certificate when that was it.
std::string why_handshake_failed(tls_stream&, const boost::system::error_code&);

/// A failed call leaves its reasons in the thread's queue, where the next one would trip over them.
void clear_tls_errors() noexcept;

} // namespace latchkey::net
