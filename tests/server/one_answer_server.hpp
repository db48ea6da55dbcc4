#pragma once
// An admin socket that answers one request or a few, and a function that runs a command.

#include "server/cli/commands.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace latchkey::test {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using protocol = asio::local::stream_protocol;

/// Accepts a connection for each given answer, and keeps the requests.
class one_answer_server {
  public:
    explicit one_answer_server(std::string answer)
        : one_answer_server(std::vector<std::string>{std::move(answer)}) {}
    explicit one_answer_server(std::vector<std::string> answers) {
        auto pattern = (fs::temp_directory_path() / "latchkey-admin-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        acceptor_.open();
        acceptor_.bind(protocol::endpoint(path()));
        acceptor_.listen();
        asked_ = std::async(std::launch::async, [this, texts = std::move(answers)] {
            std::vector<std::string> requests;
            for (const auto& text : texts) {
                auto connection = acceptor_.accept();
                requests.push_back(read_request(connection));
                asio::write(connection, asio::buffer(text));
            }
            return requests;
        });
    }
    ~one_answer_server() {
        if (asked_.valid()) asked_.wait();
        fs::remove_all(folder_);
    }
    std::string path() const { return folder_ + "/admin.sock"; }
    /// The last request.
    std::string asked() { return asked_.get().back(); }
    std::vector<std::string> all_asked() { return asked_.get(); }

  private:
    static std::string read_request(protocol::socket& from) {
        std::string text;
        const auto head = asio::read_until(from, asio::dynamic_buffer(text), "\r\n\r\n");
        const auto field = text.find("Content-Length: ");
        if (field > head) return text;
        const auto length = std::stoul(text.substr(field + 16));
        while (text.size() < head + length) {
            char more[1024];
            text.append(more, from.read_some(asio::buffer(more)));
        }
        return text;
    }

    asio::io_context loop_;
    protocol::acceptor acceptor_{loop_};
    std::string folder_;
    std::future<std::vector<std::string>> asked_;
};

inline std::string http(std::string_view status, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

struct outcome {
    int code;
    std::string out;
    std::string err;
};

/// Runs `latchkey …` in this process. A command that goes on may pause so many times.
inline outcome run(const std::vector<std::string>& words,
                   std::vector<std::pair<std::string, std::string>> environment,
                   const std::string& input = {}, server::terminal_traits terminal = {},
                   core::real_time now = {}, int pauses = 0) {
    std::ostringstream out, err;
    std::istringstream in(input);
    server::command_context context{out, err, std::move(environment), in, terminal, now};
    context.pause = [&pauses](core::milliseconds) { return pauses-- > 0; };
    const std::vector<std::string_view> views(words.begin(), words.end());
    const int code = server::run_latchkey(views, context);
    return {code, out.str(), err.str()};
}

} // namespace latchkey::test
