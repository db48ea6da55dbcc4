#include "support_front.hpp"

#include "../support/loopback.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace latchkey::test {

namespace {

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

// How long the first request in the text is. 0: more has to come.
std::size_t request_length(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    if (end == text.npos) return 0;
    auto head = text.substr(0, end);
    std::ranges::transform(head, head.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto field = head.find("\r\ncontent-length:");
    const auto body = field == head.npos ? 0 : std::stoul(head.substr(field + 17));
    return text.size() < end + 4 + body ? 0 : end + 4 + body;
}

// Reads one request, and leaves in `rest` what follows it. Empty: the connection has ended.
std::string receive_request(int fd, std::string& rest) {
    std::size_t length;
    while ((length = request_length(rest)) == 0) {
        char bytes[16384];
        const auto n = ::recv(fd, bytes, sizeof bytes, 0);
        if (n <= 0) return {};
        rest.append(bytes, static_cast<std::size_t>(n));
    }
    auto request = rest.substr(0, length);
    rest.erase(0, length);
    return request;
}

std::string busy_answer(int retry_after) {
    const std::string body =
        R"({"type":"about:blank","title":"Service Unavailable","status":503,"code":"UNAVAILABLE"})";
    return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n" +
           (retry_after < 0 ? "" : "Retry-After: " + std::to_string(retry_after) + "\r\n") +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace

moody_front::moody_front(int server_port, std::deque<fate> fates)
    : server_port_(server_port),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      port_(bind_to_free_port(listener_)),
      fates_(std::move(fates)) {
    ::listen(listener_, 64);
    accepting_ = std::thread([this] { accept_all(); });
}

moody_front::~moody_front() {
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (const int fd : open_)
        ::shutdown(fd, SHUT_RDWR);
    for (auto& thread : serving_)
        thread.join();
    for (const int fd : open_)
        ::close(fd);
    ::close(listener_);
}

std::vector<moody_front::instant> moody_front::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

int moody_front::connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(open_.size());
}

void moody_front::accept_all() {
    while (true) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) return;
        const std::lock_guard lock(mutex_);
        open_.push_back(fd);
        serving_.emplace_back([this, fd] { serve(fd); });
    }
}

fate moody_front::arrived() {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::chrono::steady_clock::now());
    const auto now = fates_.front();
    if (fates_.size() > 1) fates_.pop_front();
    return now;
}

void moody_front::serve(int fd) {
    std::optional<client> server;
    std::string rest;
    for (auto request = receive_request(fd, rest); !request.empty();
         request = receive_request(fd, rest)) {
        const auto what = arrived();
        if (what.what == fate::kind::busy) send_all(fd, busy_answer(what.retry_after));
        if (what.what == fate::kind::hang_up) break;
        if (what.what != fate::kind::pass) continue;
        if (!server) server.emplace(server_port_);
        const auto answer = server->ask(request);
        if (answer.status == 0) break;
        send_all(fd, answer.head + "\r\n" + answer.body);
    }
    ::shutdown(fd, SHUT_RDWR);
}

} // namespace latchkey::test
