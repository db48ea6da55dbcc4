#pragma once
// The state and steps of one https_get; the steps are in https_connect.cpp and https_client.cpp.

#include "net/https/https_answer_reader.hpp"
#include "net/tls/tls_stream.hpp"

#include <latchkey/net/https/https_client.hpp>

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <string>
#include <vector>

namespace latchkey::net {

// Its handlers keep it alive. Once `https_get` lets go of it, they do nothing.
class https_get::shell final : public std::enable_shared_from_this<shell> {
  public:
    using error_code = boost::system::error_code;
    using tcp = boost::asio::ip::tcp;
    using executor = boost::asio::io_context::executor_type;
    using timer = boost::asio::basic_waitable_timer<
        std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, executor>;
    using resolver = boost::asio::ip::basic_resolver<tcp, executor>;

    shell(boost::asio::io_context& loop, const tls_trust& trust, https_request request,
          completion done)
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
    void connected(std::size_t target, const error_code&);
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
    // Makes a handler that calls `next` with the error, unless the request is over.
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
    std::size_t connecting_to_ = 0; ///< index in targets_; their number once connected
    tls_stream stream_;
    https_answer_reader reader_;
};

} // namespace latchkey::net
