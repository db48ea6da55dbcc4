// Asks Latchkey: is this credential good, and whose is it? latchkey.hpp and connection.hpp are the
// client.
//   g++ -std=c++20 main.cpp -lboost_json -o ask
#include "latchkey.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

namespace json = boost::json;

// What environment variable NAME says.
std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : throw std::runtime_error(std::string("set ") + name);
}

asio::awaitable<void> demonstrate(connection& to) {
    latchkey server(to);
    const json::object key{{"api_key", variable("DEMO_API_KEY")}};
    const json::object token{{"token", variable("DEMO_TOKEN")}};
    auto verdict = co_await server.ask("verify-api-key", key);
    std::cout << "key: " << verdict.at("code").as_string().c_str() << '\n';
    verdict = co_await server.ask("verify-token", token);
    std::cout << "token: " << verdict.at("code").as_string().c_str() << '\n';
    json::array items{key, token, json::object{{"api_key", "wrong"}}};
    for (auto& item : items)
        item.as_object()["type"] = item.as_object().contains("token") ? "token" : "api_key";
    json::object batch;
    batch["items"] = std::move(items);
    verdict = co_await server.ask("verify-batch", std::move(batch));
    std::cout << "batch:";
    for (const auto& one : verdict.at("results").as_array())
        std::cout << ' ' << one.at("code").as_string().c_str();
    for (int i = 0; i < 20; ++i)
        co_await server.ask("verify-api-key", key);
    std::cout << "\n23 questions, connections opened: " << to.opened << '\n';
}

int main() {
    try {
        asio::io_context loop;
        const std::string url = variable("LATCHKEY_URL");
        if (!url.starts_with("http://")) throw std::runtime_error("LATCHKEY_URL is no http:// URL");
        const auto place = url.substr(7);
        const auto colon = place.find(':');
        asio::ip::tcp::resolver resolver(loop);
        connection to(loop.get_executor(),
                      resolver.resolve(place.substr(0, colon),
                                       colon == place.npos ? "80" : place.substr(colon + 1)));
        std::exception_ptr failure;
        asio::co_spawn(loop, demonstrate(to), [&](std::exception_ptr e) { failure = e; });
        loop.run();
        if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
