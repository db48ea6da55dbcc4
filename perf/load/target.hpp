#pragma once
#include <boost/asio/generic/stream_protocol.hpp>

#include <string>

namespace load {

/// Where the server listens.
struct target {
    boost::asio::generic::stream_protocol::endpoint endpoint;
    std::string text; // as it was given
    std::string name; // the host, for certificates; "localhost" for a unix socket
    std::string host; // the field Host
    bool is_tcp = true;
};

/// From HOST:PORT, [ADDRESS]:PORT or unix:/path. Throws a fault.
target find_target(const std::string& text);

} // namespace load
