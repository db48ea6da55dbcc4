#include "server/process/https_fetcher.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>

#include <utility>

namespace latchkey::server {

namespace asio = boost::asio;

https_fetcher::https_fetcher(asio::io_context& back)
    : back_(back), loop_(1), guard_(loop_.get_executor()) {}

https_fetcher::~https_fetcher() {
    *alive_ = false;
    loop_.stop();
    if (thread_.joinable()) thread_.join();
}

void https_fetcher::start() {
    if (thread_.joinable()) return;
    thread_ = std::thread([this] { loop_.run(); });
    ::pthread_setname_np(thread_.native_handle(), "key-fetcher");
}

void https_fetcher::get(net::tls_trust trust, net::https_request asked, completion done) {
    start();
    asio::post(loop_, [this, trust = std::move(trust), asked = std::move(asked),
                       done = std::move(done)]() mutable {
        const auto id = ++last_;
        auto ended = [this, id, done = std::move(done)](core::result<net::https_answer> answer) {
            asio::post(back_, [alive = alive_, done, answer = std::move(answer)] {
                if (*alive) done(answer);
            });
            under_way_.erase(id);
        };
        under_way_[id] =
            std::make_unique<net::https_get>(loop_, trust, std::move(asked), std::move(ended));
    });
}

} // namespace latchkey::server
