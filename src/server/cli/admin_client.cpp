#include "server/cli/admin_client.hpp"

#include "server/cli/commands.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using protocol = asio::local::stream_protocol;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

constexpr std::size_t path_length_max = 107; // the limit of sockaddr_un

request request_for(http::verb method, const std::string& target, const std::string& body) {
    request out(method, target, 11);
    out.set(http::field::host, "latchkey");
    out.set(http::field::user_agent, "latchkey/" + std::string(version()));
    out.set(http::field::connection, "close");
    if (!body.empty()) out.set(http::field::content_type, "application/json");
    out.body() = body;
    out.prepare_payload();
    return out;
}

asio::awaitable<response> exchange(std::string path, const request& asked) {
    protocol::socket socket(co_await asio::this_coro::executor);
    const protocol::endpoint where(path);
    co_await socket.async_connect(where, asio::use_awaitable);
    co_await http::async_write(socket, asked, asio::use_awaitable);
    boost::beast::flat_buffer buffer;
    response out;
    co_await http::async_read(socket, buffer, out, asio::use_awaitable);
    co_return out;
}

admin_answer not_answered(const std::string& path, const boost::system::error_code& error) {
    if (error == boost::system::errc::permission_denied)
        return {exit_code::permission,
                {},
                "this user may not open " + path +
                    ": run the command as the server's user or a member of its group"};
    return {exit_code::unavailable,
            {},
            "no server answers on " + path + " (" + error.message() +
                "): start one with \"latchkey serve\", or name the socket of one with --socket "
                "or LATCHKEY_ADMIN_SOCKET"};
}

admin_answer read_problem(const response& answer) {
    const auto code = exit_code_of_status(answer.result_int());
    boost::json::error_code error;
    const auto problem = boost::json::parse(answer.body(), error);
    const auto* members = error ? nullptr : problem.if_object();
    const auto* detail = members ? members->if_contains("detail") : nullptr;
    if (detail && detail->is_string())
        return {code, {}, std::string(detail->get_string()), answer.result_int()};
    return {code,
            {},
            "the server answered with status " + std::to_string(answer.result_int()),
            answer.result_int()};
}

admin_answer read_answer(const std::string& path, const response& answer) {
    if (http::to_status_class(answer.result()) != http::status_class::successful)
        return read_problem(answer);
    boost::json::error_code error;
    if (!boost::json::parse(answer.body(), error).is_object() || error)
        return {exit_code::unavailable, {}, "what answers on " + path + " is no Latchkey server"};
    auto body = answer.body();
    while (body.ends_with('\n'))
        body.pop_back();
    return {exit_code::ok, std::move(body), {}, answer.result_int()};
}

admin_answer perform(const std::string& socket, const request& asked, core::milliseconds patience) {
    if (socket.empty() || socket.size() > path_length_max)
        return {exit_code::usage,
                {},
                "\"" + socket +
                    "\" is no socket's path: expected 1 to 107 "
                    "bytes"};
    asio::io_context loop;
    auto answer = asio::co_spawn(loop, exchange(socket, asked), asio::use_future);
    loop.run_for(patience);
    if (answer.wait_for(core::seconds(0)) != std::future_status::ready)
        return {exit_code::unavailable, {}, "the server on " + socket + " did not answer in time"};
    try {
        return read_answer(socket, answer.get());
    } catch (const boost::system::system_error& failed) {
        return not_answered(socket, failed.code());
    }
}

} // namespace

admin_answer ask_admin(const std::string& socket, const std::string& target,
                       const std::string& body, core::milliseconds patience) {
    const auto method = body.empty() ? http::verb::get : http::verb::post;
    return perform(socket, request_for(method, target, body), patience);
}

admin_answer delete_admin(const std::string& socket, const std::string& target,
                          core::milliseconds patience) {
    return perform(socket, request_for(http::verb::delete_, target, {}), patience);
}

int exit_code_of_status(unsigned status) {
    switch (status) {
    case 401:
    case 403:
        return exit_code::permission;
    case 408:
    case 429:
    case 503:
        return exit_code::unavailable;
    default:
        return status >= 400 && status < 500 ? exit_code::usage : exit_code::bug;
    }
}

} // namespace latchkey::server
