#include "server/cli/admin_exchange.hpp"

#include "server/cli/commands.hpp"

#include <latchkey/net/tls/tls_trust.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace latchkey::server {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using local = asio::local::stream_protocol;
using tcp = asio::ip::tcp;
using tls_stream = asio::ssl::stream<tcp::socket>;
using request = http::request<http::string_body>;

constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;

request request_for(const admin_place& place, const admin_request& asked) {
    request out(http::string_to_verb(asked.method), asked.target, 11);
    out.set(http::field::host, place.url ? place.url->host_field() : "latchkey");
    out.set(http::field::user_agent, "latchkey/" + std::string(version()));
    out.set(http::field::connection, "close");
    if (!asked.body.empty()) out.set(http::field::content_type, "application/json");
    if (!asked.idempotency_key.empty()) out.set("Idempotency-Key", asked.idempotency_key);
    if (place.key) {
        const auto key = place.key->reveal();
        out.set("X-Latchkey-Key", boost::beast::string_view(key.data(), key.size()));
    }
    out.body() = asked.body;
    out.prepare_payload();
    return out;
}

auto into(error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

// Sends the request and reads the answer, over any stream.
template <class Stream>
asio::awaitable<raw_answer> talk(Stream& stream, const request& asked) {
    error_code error;
    co_await http::async_write(stream, asked, into(error));
    if (error) co_return raw_answer{.why = error.message()};
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_bytes_max);
    co_await http::async_read(stream, buffer, parser, into(error));
    if (error == http::error::body_limit)
        co_return raw_answer{.why = "its answer has more than 64 MiB; ask for less with --limit"};
    if (error) co_return raw_answer{.why = error.message()};
    auto answer = parser.release();
    co_return raw_answer{answer.result_int(), std::move(answer.body())};
}

asio::awaitable<raw_answer> over_socket(const std::string& path, const request& asked) {
    local::socket socket(co_await asio::this_coro::executor);
    error_code error;
    const local::endpoint where(path);
    co_await socket.async_connect(where, into(error));
    if (error)
        co_return raw_answer{.forbidden = error == boost::system::errc::permission_denied,
                             .why = error.message()};
    co_return co_await talk(socket, asked);
}

// The server's certificate must be for this host; the host's name is sent to it (SNI) unless it is
// an address. Returns false if there is no memory.
bool expect_server(tls_stream& stream, const net::https_url& url) {
    auto* ssl = stream.native_handle();
    ::SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    if (url.is_address)
        return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), url.host.c_str()) == 1;
    ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return ::SSL_set1_host(ssl, url.host.c_str()) == 1 &&
           ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                      const_cast<char*>(url.host.c_str())) == 1;
}

std::string why_no_handshake(tls_stream& stream, const error_code& error) {
    const auto verdict = ::SSL_get_verify_result(stream.native_handle());
    if (verdict == X509_V_OK) return "no TLS: " + error.message();
    return "its certificate is not accepted: " +
           std::string(::X509_verify_cert_error_string(verdict)) +
           "; --ca-file names the authority that signed it";
}

asio::awaitable<raw_answer> over_tls(const net::https_url& url, net::tls_trust trust,
                                     const request& asked) {
    const auto executor = co_await asio::this_coro::executor;
    error_code error;
    tcp::resolver names(executor);
    const auto port = std::to_string(url.port);
    const auto found = co_await names.async_resolve(url.host, port, into(error));
    if (error) co_return raw_answer{.why = "its name cannot be looked up: " + error.message()};
    tls_stream stream(executor, *trust.context());
    co_await asio::async_connect(stream.next_layer(), found, into(error));
    if (error) co_return raw_answer{.why = error.message()};
    if (!expect_server(stream, url)) co_return raw_answer{.why = "out of memory"};
    co_await stream.async_handshake(tls_stream::client, into(error));
    if (error) co_return raw_answer{.why = why_no_handshake(stream, error)};
    co_return co_await talk(stream, asked);
}

raw_answer wait_for(asio::awaitable<raw_answer> asking, asio::io_context& loop,
                    core::milliseconds patience) {
    auto answer = asio::co_spawn(loop, std::move(asking), asio::use_future);
    loop.run_for(patience);
    if (answer.wait_for(core::seconds(0)) != std::future_status::ready)
        return {.why = "it did not answer in time"};
    return answer.get();
}

} // namespace

raw_answer exchange(const admin_place& place, const admin_request& asked,
                    core::milliseconds patience) {
    const auto message = request_for(place, asked);
    asio::io_context loop;
    if (!place.url) return wait_for(over_socket(place.socket, message), loop, patience);
    auto trust = net::tls_trust::load(place.ca_file);
    if (!trust) return {.unusable = true, .why = trust.error().message};
    return wait_for(over_tls(*place.url, std::move(*trust), message), loop, patience);
}

} // namespace latchkey::server
