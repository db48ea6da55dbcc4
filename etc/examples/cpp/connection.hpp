#pragma once
// One kept connection to Latchkey, with Boost.Beast. It is opened again when it broke.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <chrono>
#include <optional>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

class connection {
  public:
    using request = http::request<http::string_body>;
    using answer = http::response<http::string_body>;

    /// `places`: what a resolver said of the host; not empty.
    connection(const asio::any_io_executor& loop, asio::ip::tcp::resolver::results_type places)
        : stream_(loop), places_(std::move(places)) {}

    /// One exchange, without a second attempt. No answer: it broke, or there was no time left.
    asio::awaitable<std::optional<answer>> exchange(const request& question,
                                                    steady_clock::time_point ends) {
        constexpr auto result = asio::as_tuple(asio::use_awaitable);
        // The server closes what rests for longer (server.idle_timeout, 75 s).
        if (steady_clock::now() - used_ > 60s) close();
        if (!stream_.socket().is_open()) {
            stream_.expires_at(std::min(ends, steady_clock::now() + 500ms));
            const auto [refused, place] = co_await stream_.async_connect(places_, result);
            if (refused) co_return close();
            stream_.socket().set_option(asio::ip::tcp::no_delay(true));
            ++opened;
        }
        stream_.expires_at(ends); // to write all and to read all
        std::optional<answer> got(std::in_place);
        const auto [broken, written] = co_await http::async_write(stream_, question, result);
        if (broken) co_return close();
        const auto [lost, read] = co_await http::async_read(stream_, buffer_, *got, result);
        if (lost) co_return close();
        if (!got->keep_alive()) close();
        used_ = steady_clock::now();
        co_return got;
    }

    /// The value of the field Host.
    std::string host() const {
        const auto& place = *places_.begin();
        return place.host_name() + ':' + place.service_name();
    }
    asio::any_io_executor loop() { return stream_.get_executor(); }
    int opened = 0; ///< how often it was opened

  private:
    std::nullopt_t close() {
        stream_.close();
        buffer_.clear();
        return std::nullopt;
    }

    boost::beast::tcp_stream stream_;
    asio::ip::tcp::resolver::results_type places_;
    boost::beast::flat_buffer buffer_;
    steady_clock::time_point used_{}; // when it was last answered
};
