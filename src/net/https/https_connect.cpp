#include "net/https/https_shell.hpp"
#include "net/https/public_address.hpp"

namespace latchkey::net {

namespace {

// An address with a zone is link-local: it does not parse, so it is not public.
bool is_public(const boost::asio::ip::address& address) {
    const auto plain = core::parse_address(address.to_string());
    return plain && net::is_public(*plain);
}

} // namespace

void https_get::shell::start() {
    if (over_) return;
    auto url = https_url::parse(request_.url);
    if (!url) return finish(core::failure{url.error().kind, "the URL " + url.error().message});
    url_ = std::move(*url);
    await_deadline();
    if (!url_.is_address) return resolve();
    choose({{boost::asio::ip::make_address(url_.host), url_.port}});
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
            if (error) return self->fail("cannot be looked up: " + error.message());
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
                               s.connected(target, error);
                           }));
}

void https_get::shell::connected(std::size_t target, const error_code& error) {
    // The attempt's time may have ended just as the connection was made.
    if (!error && socket().is_open()) return handshake();
    error_code ignored;
    socket().close(ignored);
    if (target + 1 < targets_.size()) return connect(target + 1);
    fail("cannot be connected to: " + error.message());
}

// Shares the time among the addresses: one that drops packets must not use up all of it.
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

} // namespace latchkey::net
