#include <latchkey/net/https/https_client.hpp>

#include "net/https/https_shell.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace latchkey::net {

namespace asio = boost::asio;

namespace {

std::string request_text(const https_url& url) {
    return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.host_field() +
           "\r\nUser-Agent: latchkey\r\nAccept: application/json, application/jwk-set+json\r\n"
           "Accept-Encoding: identity\r\nConnection: close\r\n\r\n";
}

} // namespace

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

} // namespace latchkey::net
