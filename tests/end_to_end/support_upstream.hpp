#pragma once
// What stands behind a gateway: a server that records what it gets.

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace latchkey::test {

/// One request as the upstream got it.
struct upstream_request {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> fields; ///< as they were spelt
    std::string body;

    /// Returns what programs behind CGI, WSGI and the like get as HTTP_`name`, a name such as
    /// X_LATCHKEY_KIND: the values of all fields that they cannot tell apart, with commas between
    /// (to PHP, dots are underscores, too). Without such a field: "(none)".
    std::string as_cgi(std::string_view name) const;
};

/// Answers every request with 200, or with the status that its target names: `…?answers=429`.
/// An upgrade to WebSocket gets 101, and then its own bytes back. Any thread may ask what came.
class upstream_server {
  public:
    upstream_server();
    ~upstream_server();
    upstream_server(const upstream_server&) = delete;
    upstream_server& operator=(const upstream_server&) = delete;

    /// In every answer of it.
    static constexpr std::string_view retry_after = "77";

    /// Answers every request with these bytes from now on; without any, as above.
    void answer_with(std::string bytes);
    int port() const noexcept { return port_; }
    std::size_t count() const;
    /// Returns the newest request, or the one that many before it; an empty one if there is none.
    upstream_request last(std::size_t before = 0) const;

  private:
    void accept_all();
    void serve(int fd);
    void keep(upstream_request);
    std::string answer() const;

    int listener_;
    int port_ = 0;
    std::atomic<bool> ending_ = false;
    mutable std::mutex mutex_;
    std::vector<upstream_request> requests_;
    std::string answer_;
    std::vector<std::thread> connections_;
    std::vector<int> sockets_; // of the connections; closed at the end
    std::thread acceptor_;
};

} // namespace latchkey::test
