#include <latchkey/http/https_client.hpp>

#include "https_answer_reader.hpp"
#include "tls_stream.hpp"

#include <latchkey/http/public_address.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <vector>

namespace latchkey::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using executor = asio::io_context::executor_type;
using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, executor>;
using resolver = asio::ip::basic_resolver<tcp, executor>;

// One with a zone is of a link.
bool is_public(const asio::ip::address& address) {
    const auto plain = auth::parse_address(address.to_string());
    return plain && http::is_public(*plain);
}

std::string request_text(const https_url& url) {
    return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.host_field() +
           "\r\nUser-Agent: latchkey\r\nAccept: application/json, application/jwk-set+json\r\n"
           "Accept-Encoding: identity\r\nConnection: close\r\n\r\n";
}

} // namespace

// Kept alive by its handlers; `https_get` lets go of it, and from then on they do nothing.
class https_get::shell final : public std::enable_shared_from_this<shell> {
  public:
    shell(asio::io_context& loop, const tls_trust& trust, https_request request, completion done)
        : trust_(trust),
          request_(std::move(request)),
          completion_(std::move(done)),
          deadline_(loop.get_executor()),
          attempt_(loop.get_executor()),
          resolver_(loop.get_executor()),
          stream_(loop.get_executor(), *trust.context()),
          reader_(request_.header_bytes_max, request_.body_bytes_max) {}

    void start();
    void let_go();

  private:
    void await_deadline();
    void resolve();
    void choose(const std::vector<tcp::endpoint>& found);
    void connect(std::size_t target);
    void bound_attempt(std::size_t target);
    void handshake();
    void send();
    void read_header();
    void read_body();
    void fail(core::failure_kind, const std::string& what);
    void fail(const std::string& what) { fail(core::failure_kind::unavailable, what); }
    void finish(core::result<https_answer>);
    void stop();

    auto& socket() { return stream_.next_layer(); }
    // Calls the member with the error, unless it is all over.
    template <class Next>
    auto then(Next next) {
        return [self = shared_from_this(), next](const error_code& error, const auto&...) {
            if (!self->over_) next(*self, error);
        };
    }

    const tls_trust trust_;
    const https_request request_;
    completion completion_;
    https_url url_;
    std::string request_text_;
    bool over_ = false;
    const char* stage_ = "looking up its name";

    timer deadline_;
    timer attempt_;
    resolver resolver_;
    std::vector<tcp::endpoint> targets_;
    std::size_t connecting_to_ = 0; ///< of targets_; one more once connected
    tls_stream stream_;
    https_answer_reader reader_;
};

// --- connecting --------------------------------------------------------------------------------

void https_get::shell::start() {
    auto url = https_url::parse(request_.url);
    if (!url) return finish(core::failure{url.error().kind, "the URL " + url.error().message});
    url_ = std::move(*url);
    await_deadline();
    if (!url_.is_address) return resolve();
    choose({{asio::ip::make_address(url_.host), url_.port}});
}

void https_get::shell::await_deadline() {
    deadline_.expires_after(request_.deadline);
    deadline_.async_wait(then([](shell& s, const error_code& cancelled) {
        if (cancelled) return;
        s.fail("did not answer within " + std::to_string(s.request_.deadline.count()) + " ms (" +
               s.stage_ + ")");
    }));
}

void https_get::shell::resolve() {
    resolver_.async_resolve(
        url_.host, std::to_string(url_.port), resolver::address_configured,
        [self = shared_from_this()](const error_code& error, const auto& found) {
            if (self->over_) return;
            if (error) return self->fail("is a name that is not known: " + error.message());
            self->choose({found.begin(), found.end()});
        });
}

void https_get::shell::choose(const std::vector<tcp::endpoint>& found) {
    for (const auto& endpoint : found)
        if (request_.allow_private || is_public(endpoint.address())) targets_.push_back(endpoint);
    if (!targets_.empty()) return connect(0);
    if (found.empty()) return fail("is a name without an address");
    fail(core::failure_kind::invalid, "is at " + found.front().address().to_string() +
                                          ", which is no public address; "
                                          "issuers.allow_private_addresses = true allows it");
}

void https_get::shell::connect(std::size_t target) {
    stage_ = "connecting";
    connecting_to_ = target;
    bound_attempt(target);
    socket().async_connect(targets_[target], then([target](shell& s, const error_code& error) {
                               if (!error) return s.handshake();
                               error_code ignored;
                               s.socket().close(ignored);
                               if (target + 1 < s.targets_.size()) return s.connect(target + 1);
                               s.fail("cannot be connected to: " + error.message());
                           }));
}

// An address that drops packets must not use up the time of those after it.
void https_get::shell::bound_attempt(std::size_t target) {
    const auto remaining = targets_.size() - target;
    if (remaining == 1) return;
    const auto left = deadline_.expiry() - timer::clock_type::now();
    attempt_.expires_after(left / static_cast<long>(remaining));
    attempt_.async_wait(then([target](shell& s, const error_code& cancelled) {
        error_code ignored;
        if (!cancelled && s.connecting_to_ == target) s.socket().close(ignored);
    }));
}

void https_get::shell::handshake() {
    stage_ = "TLS handshake";
    connecting_to_ = targets_.size();
    attempt_.cancel();
    if (!expect_server(stream_, url_)) return fail("cannot be asked: out of memory");
    stream_.async_handshake(tls_stream::client, then([](shell& s, const error_code& error) {
                                if (!error) return s.send();
                                s.fail(why_handshake_failed(s.stream_, error));
                            }));
}

// --- asking ------------------------------------------------------------------------------------

void https_get::shell::send() {
    stage_ = "awaiting its answer";
    request_text_ = request_text(url_);
    asio::async_write(stream_, asio::buffer(request_text_),
                      then([](shell& s, const error_code& error) {
                          if (!error) return s.read_header();
                          s.fail("cannot be asked: " + error.message());
                      }));
}

void https_get::shell::read_header() {
    reader_.read_header(stream_, then([](shell& s, const error_code& error) {
                            if (error) return s.fail(s.reader_.why(error));
                            if (const auto bad = s.reader_.defect_of_header(); !bad.empty())
                                return s.fail(bad);
                            s.read_body();
                        }));
}

void https_get::shell::read_body() {
    reader_.read_body(stream_, then([](shell& s, const error_code& error) {
                          if (error) return s.fail(s.reader_.why(error));
                          s.finish(s.reader_.take());
                      }));
}

// --- ending ------------------------------------------------------------------------------------

void https_get::shell::stop() {
    over_ = true;
    deadline_.cancel();
    attempt_.cancel();
    resolver_.cancel();
    error_code ignored;
    socket().close(ignored);
    clear_tls_errors();
}

void https_get::shell::fail(core::failure_kind kind, const std::string& what) {
    finish(core::failure{kind, url_.host + ' ' + what});
}

void https_get::shell::finish(core::result<https_answer> result) {
    stop();
    const auto tell = std::move(completion_);
    tell(std::move(result));
}

void https_get::shell::let_go() {
    completion_ = nullptr;
    if (!over_) stop();
}

// --- the handle --------------------------------------------------------------------------------

https_get::https_get(asio::io_context& loop, const tls_trust& trust, https_request request,
                     completion done)
    : shell_(std::make_shared<shell>(loop, trust, std::move(request), std::move(done))) {
    asio::post(loop, [s = shell_] { s->start(); });
}

https_get::~https_get() {
    shell_->let_go();
}

} // namespace latchkey::http
