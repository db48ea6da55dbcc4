#include "target.hpp"

#include "fault.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <charconv>

namespace load {
namespace {

namespace asio = boost::asio;

bool is_port(const std::string& text) {
    unsigned port = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), port);
    return wrong == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

target unix_target(const std::string& text) {
    const std::string path = text.substr(5);
    if (path.empty() || path.size() > 107)
        throw fault("--to " + text + ": a socket's path has 1 to 107 bytes, and this one has " +
                    std::to_string(path.size()));
    return {asio::local::stream_protocol::endpoint(path), text, "localhost", "localhost", false};
}

} // namespace

target find_target(const std::string& text) {
    if (text.starts_with("unix:")) return unix_target(text);
    const std::size_t colon = text.rfind(':');
    const std::string port = colon == text.npos ? "" : text.substr(colon + 1);
    std::string name = text.substr(0, colon);
    if (name.size() > 2 && name.front() == '[' && name.back() == ']')
        name = name.substr(1, name.size() - 2);
    if (!is_port(port) || name.empty())
        throw fault("--to " + text +
                    " is no place; write HOST:PORT, such as 127.0.0.1:8080, or unix:/path");
    asio::io_context context;
    boost::system::error_code wrong;
    const auto found = asio::ip::tcp::resolver(context).resolve(name, port, wrong);
    if (wrong || found.empty())
        throw fault("--to " + text + ": the host is not known: " + wrong.message());
    return {found.begin()->endpoint(), text, name, text, true};
}

} // namespace load
