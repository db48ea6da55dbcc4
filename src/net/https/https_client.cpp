#include <latchkey/net/https/https_client.hpp>

#include "net/https/answer_facts.hpp"
#include "net/https/public_address.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/net/https/https_url.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace latchkey::net {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using clock = std::chrono::steady_clock;

using executor = asio::io_context::executor_type;
using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, executor>;
using resolver = asio::ip::basic_resolver<tcp, executor>;
using tcp_stream = beast::basic_stream<tcp, executor>;
using tls_stream = asio::ssl::stream<tcp_stream&>;
template <class T>
using awaitable = asio::awaitable<T, executor>;

// Completes an operation in a coroutine: its error goes into `error`.
auto into(error_code& error) {
    return asio::redirect_error(asio::use_awaitable_t<executor>(), error);
}

// --- connecting --------------------------------------------------------------------------------

// An address with a zone is link-local: it does not parse, so it is not public.
bool is_at_public(const tcp::endpoint& target) {
    const auto plain = core::parse_address(target.address().to_string());
    return plain && is_public(*plain);
}

// The server's certificate must be for this host, and the host's name is sent to the server (SNI)
// unless it is an address. Returns false if there is no memory.
bool expect_server(tls_stream& stream, const https_url& url) {
    auto* ssl = stream.native_handle();
    ::SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    if (url.is_address)
        return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), url.host.c_str()) == 1;
    ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return ::SSL_set1_host(ssl, url.host.c_str()) == 1 &&
           ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                      const_cast<char*>(url.host.c_str())) == 1;
}

// Names the certificate's defect if that was the reason.
std::string why_handshake_failed(tls_stream& stream, const error_code& error) {
    const auto verdict = ::SSL_get_verify_result(stream.native_handle());
    if (verdict == X509_V_OK) return "did not complete the TLS handshake: " + error.message();
    return "has a certificate that is not accepted: " +
           std::string(::X509_verify_cert_error_string(verdict));
}

// --- question and answer -----------------------------------------------------------------------

std::string request_text(const https_url& url, const https_request& asked) {
    auto out = (asked.posted ? "POST " : "GET ") + url.target +
               " HTTP/1.1\r\nHost: " + url.host_field() + "\r\nUser-Agent: latchkey\r\n" +
               asked.fields;
    if (asked.posted)
        return out + "Content-Type: " + std::string(asked.content_type) +
               "\r\nContent-Length: " + std::to_string(asked.posted->size()) +
               "\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"
               "Connection: close\r\n\r\n" +
               *asked.posted;
    return out + "Accept: application/json, application/jwk-set+json\r\n"
                 "Accept-Encoding: identity\r\nConnection: close\r\n\r\n";
}

// A tunnel is asked for by the authority (RFC 9110, section 9.3.6), with its port.
std::string tunnel_request(const https_url& url) {
    const auto host = url.host.find(':') == std::string::npos ? url.host : '[' + url.host + ']';
    const auto authority = host + ':' + std::to_string(url.port);
    return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority +
           "\r\nUser-Agent: latchkey\r\n\r\n";
}

std::string_view plain(beast::string_view text) {
    return {text.data(), text.size()};
}

// A request that the other side calls wrong is not better for being sent again.
core::failure_kind kind_of(unsigned status) {
    const bool is_wrong = status >= 400 && status < 500 && status != 408 && status != 429;
    return is_wrong ? core::failure_kind::invalid : core::failure_kind::unavailable;
}

// Why the body is not wanted; empty if it is.
std::string defect_of(const wire::response_header<>& answer) {
    const auto status = answer.result_int();
    if (status >= 300 && status < 400)
        return "answered with status " + std::to_string(status) + "; redirects are not followed";
    if (status != 200) return "answered with status " + std::to_string(status) + ", not 200";
    const auto coding = plain(answer[wire::field::content_encoding]);
    if (!coding.empty() && !core::same_text(coding, "identity"))
        return "answered with a content coding that was not asked for";
    return {};
}

std::string why_not_read(const https_request& asked, const error_code& error) {
    if (error == wire::error::body_limit)
        return "answered with more than " + std::to_string(asked.body_bytes_max) + " bytes";
    if (error == wire::error::header_limit || error == wire::error::buffer_overflow)
        return "answered with a header of more than " + std::to_string(asked.header_bytes_max) +
               " bytes";
    if (error == wire::error::end_of_stream || error == wire::error::partial_message ||
        error == asio::error::eof || error == asio::error::connection_reset ||
        error == asio::ssl::error::stream_truncated)
        return "ended the connection before its answer was whole";
    if (error.category() == make_error_code(wire::error::bad_version).category())
        return "answered with what is no HTTP: " + error.message();
    return "broke off: " + error.message();
}

// Several fields of one name are one list (RFC 9110, section 5.3).
std::string joined(const wire::fields& fields, wire::field name) {
    std::string out;
    const auto [first, last] = fields.equal_range(name);
    for (auto at = first; at != last; ++at) {
        if (!out.empty()) out += ',';
        out += plain(at->value());
    }
    return out;
}

https_answer answer_in(wire::response<wire::string_body> read) {
    return {std::move(read.body()), max_age_of(joined(read, wire::field::cache_control)),
            read_date(plain(read[wire::field::last_modified])),
            read_date(plain(read[wire::field::date]))};
}

} // namespace

// Its coroutine and the wait for its deadline keep it alive.
struct https_get::state : std::enable_shared_from_this<state> {
    state(asio::io_context& loop, completion d)
        : names(loop), socket(loop), deadline(loop), done(std::move(d)) {}

    awaitable<core::result<https_answer>> get(tls_trust, https_request);
    awaitable<std::vector<tcp::endpoint>> look_up(const https_url&, error_code&);
    awaitable<std::optional<core::failure>> reach(const https_url&, const https_request&,
                                                  error_code&);
    awaitable<std::string> open_tunnel(const https_url&, const https_url& proxy,
                                       const https_request&, error_code&);
    template <class Stream>
    awaitable<core::result<https_answer>> ask(Stream&, const https_url&, const https_request&);
    awaitable<void> connect(const std::vector<tcp::endpoint>&, error_code&);
    void await_deadline(const std::string& host, core::milliseconds);
    void end(core::result<https_answer>);
    void stop();

    resolver names;
    tcp_stream socket;
    timer deadline;
    completion done; ///< empty once it was called, or nobody waits for it
    const char* stage = "looking up its name";
};

// --- the request -------------------------------------------------------------------------------

namespace {

core::failure failed_at(const std::string& host, const std::string& what) {
    return {core::failure_kind::unavailable, host + ' ' + what};
}

} // namespace

awaitable<core::result<https_answer>> https_get::state::get(tls_trust trust, https_request asked) {
    if (!done) co_return core::failure{};
    const auto parsed = https_url::parse(asked.url, asked.allow_http ? https_url::schemes::both
                                                                     : https_url::schemes::https);
    if (!parsed) co_return core::failure{parsed.error().kind, "the URL " + parsed.error().message};
    const auto& url = *parsed;
    await_deadline(url.host, asked.deadline);
    error_code error;

    const auto unreached = co_await reach(url, asked, error);
    if (unreached) co_return *unreached;
    if (url.in_the_clear) {
        auto answer = co_await ask(socket, url, asked);
        co_return answer;
    }
    stage = "TLS handshake";
    tls_stream stream(socket, *trust.context());
    if (!expect_server(stream, url))
        co_return failed_at(url.host, "cannot be asked: out of memory");
    co_await stream.async_handshake(tls_stream::client, into(error));
    if (error) co_return failed_at(url.host, why_handshake_failed(stream, error));
    auto answer = co_await ask(stream, url, asked);
    co_return answer;
}

// Connects to the host, or to the proxy, which then has the rest of the way to do.
awaitable<std::optional<core::failure>>
https_get::state::reach(const https_url& url, const https_request& asked, error_code& error) {
    std::optional<https_url> proxy;
    if (!asked.proxy.empty()) {
        auto read = https_url::parse(asked.proxy, https_url::schemes::http);
        if (!read)
            co_return core::failure{read.error().kind, "the proxy's URL " + read.error().message};
        proxy = std::move(*read);
    }
    const auto& first = proxy ? *proxy : url;
    const auto found = co_await look_up(first, error);
    if (error) co_return failed_at(first.host, "cannot be looked up: " + error.message());
    if (found.empty()) co_return failed_at(first.host, "is a name without an address");
    std::vector<tcp::endpoint> targets;
    for (const auto& endpoint : found)
        if (proxy || asked.allow_private || is_at_public(endpoint)) targets.push_back(endpoint);
    if (targets.empty())
        co_return core::failure{core::failure_kind::invalid,
                                url.host + " is at " + found.front().address().to_string() +
                                    ", which is no public address; "
                                    "issuers.allow_private_addresses = true allows it"};
    stage = "connecting";
    co_await connect(targets, error);
    if (error) co_return failed_at(first.host, "cannot be connected to: " + error.message());
    if (!proxy) co_return std::nullopt;
    stage = "asking the proxy for a tunnel";
    const auto why = co_await open_tunnel(url, *proxy, asked, error);
    if (!why.empty()) co_return failed_at("the proxy " + proxy->host, why);
    co_return std::nullopt;
}

// Returns why there is no tunnel; empty if there is one.
awaitable<std::string> https_get::state::open_tunnel(const https_url& url, const https_url&,
                                                     const https_request& asked,
                                                     error_code& error) {
    const auto question = tunnel_request(url);
    co_await asio::async_write(socket, asio::buffer(question), into(error));
    if (error) co_return "cannot be asked: " + error.message();
    beast::flat_buffer buffer(asked.header_bytes_max);
    wire::response_parser<wire::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(asked.header_bytes_max));
    parser.skip(true); // what follows belongs to the tunnel
    co_await wire::async_read_header(socket, buffer, parser, into(error));
    if (error) co_return why_not_read(asked, error);
    const auto status = parser.get().result_int();
    if (status < 200 || status > 299)
        co_return "refuses a tunnel to " + url.host + ": it answered with status " +
            std::to_string(status);
    if (buffer.size() != 0) co_return "sent bytes before the tunnel was used";
    co_return std::string();
}

template <class Stream>
awaitable<core::result<https_answer>> https_get::state::ask(Stream& stream, const https_url& url,
                                                            const https_request& asked) {
    error_code error;
    stage = "awaiting its answer";
    const auto question = request_text(url, asked);
    co_await asio::async_write(stream, asio::buffer(question), into(error));
    if (error) co_return failed_at(url.host, "cannot be asked: " + error.message());

    beast::flat_buffer buffer(asked.header_bytes_max);
    wire::response_parser<wire::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(asked.header_bytes_max));
    parser.body_limit(asked.body_bytes_max);
    co_await wire::async_read_header(stream, buffer, parser, into(error));
    if (error) co_return failed_at(url.host, why_not_read(asked, error));
    const auto defect = defect_of(parser.get());
    if (!defect.empty())
        co_return core::failure{kind_of(parser.get().result_int()), url.host + ' ' + defect};
    co_await wire::async_read(stream, buffer, parser, into(error));
    if (error) co_return failed_at(url.host, why_not_read(asked, error));
    co_return answer_in(parser.release());
}

awaitable<std::vector<tcp::endpoint>> https_get::state::look_up(const https_url& url,
                                                                error_code& error) {
    if (url.is_address)
        co_return std::vector{tcp::endpoint(asio::ip::make_address(url.host), url.port)};
    const auto found = co_await names.async_resolve(url.host, std::to_string(url.port),
                                                    resolver::address_configured, into(error));
    co_return std::vector<tcp::endpoint>(found.begin(), found.end());
}

// Shares the time among the addresses: one that drops packets must not use up all of it.
awaitable<void> https_get::state::connect(const std::vector<tcp::endpoint>& targets,
                                          error_code& error) {
    auto remaining = static_cast<long>(targets.size());
    for (const auto& target : targets) {
        if (!done) { // the socket was closed for good
            error = asio::error::operation_aborted;
            co_return;
        }
        if (remaining > 1) socket.expires_after((deadline.expiry() - clock::now()) / remaining);
        --remaining;
        co_await socket.async_connect(target, into(error));
        socket.expires_never();
        if (!error) co_return;
        socket.close();
    }
}

// --- its end -----------------------------------------------------------------------------------

// The deadline does not wait for the coroutine: a look-up of a name that is under way cannot be
// ended.
void https_get::state::await_deadline(const std::string& host, core::milliseconds patience) {
    deadline.expires_after(patience);
    deadline.async_wait([self = shared_from_this(), host, patience](const error_code& cancelled) {
        if (cancelled) return;
        self->end(
            core::failure{core::failure_kind::unavailable, host + " did not answer within " +
                                                               std::to_string(patience.count()) +
                                                               " ms (" + self->stage + ")"});
    });
}

void https_get::state::end(core::result<https_answer> result) {
    const auto tell = std::exchange(done, nullptr);
    stop();
    if (tell) tell(std::move(result));
}

// The socket is closed and not cancelled: what the coroutine begins just then fails as well.
void https_get::state::stop() {
    deadline.cancel();
    names.cancel();
    socket.close();
    // OpenSSL's queue of errors belongs to the thread: the next call on it would take what a failed
    // one left there for its own.
    ::ERR_clear_error();
}

https_get::https_get(asio::io_context& loop, const tls_trust& trust, https_request request,
                     completion done)
    : state_(std::make_shared<state>(loop, std::move(done))) {
    asio::co_spawn(loop, state_->get(trust, std::move(request)),
                   [s = state_](std::exception_ptr broken, core::result<https_answer> answer) {
                       if (broken && s->done) std::rethrow_exception(broken);
                       s->end(std::move(answer));
                   });
}

https_get::~https_get() {
    if (std::exchange(state_->done, nullptr)) state_->stop();
}

} // namespace latchkey::net
