#include "support_upstream.hpp"

#include "../support/loopback.hpp"
#include "support_exchange.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace latchkey::test {

namespace {

// Reads and writes one connection's bytes; blocks until the peer or the server ends it.
class wire {
  public:
    explicit wire(int fd) : fd_(fd) {}

    bool more() {
        char bytes[65536];
        const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
        if (n <= 0) return false;
        rest.append(bytes, static_cast<std::size_t>(n));
        return true;
    }
    bool has(std::size_t size) {
        while (rest.size() < size)
            if (!more()) return false;
        return true;
    }
    // Returns the place of the text, or npos if the connection ends before.
    std::size_t find(std::string_view text) {
        std::size_t at = 0;
        while ((at = rest.find(text)) == std::string::npos)
            if (!more()) return at;
        return at;
    }
    std::string take(std::size_t size) {
        auto out = rest.substr(0, size);
        rest.erase(0, size);
        return out;
    }
    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    std::string rest;

  private:
    int fd_;
};

std::vector<std::pair<std::string, std::string>> fields_as_spelt(std::string_view head) {
    std::vector<std::pair<std::string, std::string>> out;
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
        const auto line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(line.size() + 2);
        const auto colon = std::min(line.find(':'), line.size());
        const auto value = line.substr(std::min(colon + 1, line.size()));
        out.emplace_back(line.substr(0, colon), trimmed(value));
    }
    return out;
}

bool read_chunks(wire& from, std::string& body) {
    while (true) {
        const auto end = from.find("\r\n");
        if (end == std::string::npos) return false;
        const auto size = std::stoul(from.take(end + 2), nullptr, 16);
        if (!from.has(size + 2)) return false;
        body += from.take(size);
        from.take(2);
        if (size == 0) return true;
    }
}

bool read_request(wire& from, upstream_request& out) {
    const auto end = from.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const auto head = from.take(end + 4).substr(0, end + 2);
    out.method = head.substr(0, head.find(' '));
    out.target = head.substr(out.method.size() + 1);
    out.target.resize(out.target.find(' '));
    out.fields = fields_as_spelt(head);
    if (value_of(head, "expect") == "100-continue") from.send("HTTP/1.1 100 Continue\r\n\r\n");
    if (value_of(head, "transfer-encoding") == "chunked") return read_chunks(from, out.body);
    const auto length = value_of(head, "content-length");
    const auto size = length.empty() ? 0 : std::stoul(length);
    if (!from.has(size)) return false;
    out.body = from.take(size);
    return true;
}

bool asks_for_websocket(const upstream_request& asked) {
    return asked.as_cgi("UPGRADE") == "websocket";
}

std::string status_of(const upstream_request& asked) {
    const auto at = asked.target.find("answers=");
    return at == std::string::npos ? "200" : asked.target.substr(at + 8, 3);
}

void answer_plainly(const wire& to, const upstream_request& asked) {
    const std::string body = "upstream\n";
    to.send("HTTP/1.1 " + status_of(asked) +
            " Said\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\nRetry-After: " + std::string(upstream_server::retry_after) + "\r\n\r\n" +
            (asked.method == "HEAD" ? "" : body));
}

// Sends back what comes, until the end.
void echo(wire& with) {
    with.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
              "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    do
        with.send(with.take(with.rest.size()));
    while (with.more());
}

} // namespace

std::string upstream_request::as_cgi(std::string_view name) const {
    std::string out;
    bool any = false;
    for (const auto& [spelt, value] : fields) {
        std::string as_variable = spelt;
        for (char& c : as_variable)
            c = c == '-' || c == '.'
                    ? '_'
                    : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (as_variable != name) continue;
        if (any) out += ",";
        any = true;
        out += value;
    }
    return any ? out : "(none)";
}

upstream_server::upstream_server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    port_ = bind_to_free_port(listener_);
    if (::listen(listener_, 100) != 0) throw std::runtime_error("the upstream cannot listen");
    acceptor_ = std::thread([this] { accept_all(); });
}

upstream_server::~upstream_server() {
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (const int fd : sockets_)
        ::shutdown(fd, SHUT_RDWR);
    for (auto& connection : connections_)
        connection.join();
    for (const int fd : sockets_)
        ::close(fd);
    ::close(listener_);
}

std::size_t upstream_server::count() const {
    const std::lock_guard lock(mutex_);
    return requests_.size();
}

upstream_request upstream_server::last(std::size_t before) const {
    const std::lock_guard lock(mutex_);
    return requests_.size() <= before ? upstream_request()
                                      : requests_.rbegin()[static_cast<std::ptrdiff_t>(before)];
}

void upstream_server::answer_with(std::string bytes) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(bytes);
}

std::string upstream_server::answer() const {
    const std::lock_guard lock(mutex_);
    return answer_;
}

void upstream_server::accept_all() {
    while (!ending_) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockets_.push_back(fd);
        connections_.emplace_back([this, fd] { serve(fd); });
    }
}

void upstream_server::serve(int fd) {
    wire peer(fd);
    upstream_request asked;
    while (read_request(peer, asked)) {
        keep(asked);
        if (asks_for_websocket(asked)) {
            echo(peer);
            break;
        }
        if (const auto bytes = answer(); !bytes.empty())
            peer.send(bytes);
        else
            answer_plainly(peer, asked);
        asked = {};
    }
    ::shutdown(fd, SHUT_RDWR);
}

void upstream_server::keep(upstream_request asked) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(asked));
}

} // namespace latchkey::test
