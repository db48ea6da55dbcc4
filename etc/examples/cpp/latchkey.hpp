#pragma once
// A client of Latchkey in C++20: is this credential good, and whose is it?

#include "connection.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include <cstdlib>
#include <random>
#include <stdexcept>

/// It is not known whether the credential is good. Let nobody in: answer 503 with Retry-After.
struct undecided : std::runtime_error {
    using runtime_error::runtime_error;
};

/// For one question at a time: a server has a few of these on each of its threads.
class latchkey {
  public:
    explicit latchkey(connection& to) : to_(to) {}

    /// The verdict. The credential is good only if "valid" is true. Verifying changes nothing, so a
    /// question is safe to repeat, also one whose answer was lost with a kept connection.
    asio::awaitable<boost::json::object> ask(std::string endpoint, boost::json::object question) {
        const auto ends = steady_clock::now() + 3s;
        const auto request = request_for(endpoint, question);
        for (int attempt = 1;; ++attempt) {
            const auto once = std::min(ends, steady_clock::now() + 1500ms);
            const auto answer = co_await to_.exchange(request, once);
            const auto status = answer ? answer->result_int() : 0;
            if (status == 200) co_return boost::json::parse(answer->body()).as_object();
            if (status != 0 && status != 429 && status < 500) // a mistake in this program
                throw std::logic_error("Latchkey does not take it: " + std::to_string(status));
            const auto wait = wait_after(answer, attempt);
            const bool again = attempt < 3 && (status == 0 || status == 503);
            if (!again || steady_clock::now() + wait >= ends)
                throw undecided("Latchkey has not decided: " + std::to_string(status));
            co_await asio::steady_timer(to_.loop(), wait).async_wait(asio::use_awaitable);
        }
    }

  private:
    connection::request request_for(const std::string& endpoint,
                                    const boost::json::object& question) const {
        connection::request request(http::verb::post, "/api/v1/auth/" + endpoint, 11);
        request.set(http::field::host, to_.host());
        request.set(http::field::content_type, "application/json");
        request.body() = boost::json::serialize(question);
        request.prepare_payload();
        return request;
    }

    // With jitter, so that the callers do not all come back at once.
    std::chrono::milliseconds wait_after(const std::optional<connection::answer>& answer,
                                         int attempt) {
        std::chrono::milliseconds wait(50 << attempt);
        if (answer) {
            const std::string after((*answer)[http::field::retry_after]);
            const auto seconds = std::min(std::strtol(after.c_str(), nullptr, 10), 3600L);
            wait = std::max(wait, std::chrono::milliseconds(1000 * seconds));
        }
        return wait + wait * std::uniform_int_distribution(0, 255)(random_) / 1024;
    }

    connection& to_;
    std::minstd_rand random_{std::random_device{}()};
};
