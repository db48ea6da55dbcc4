#include "slow.hpp"

#include "fault.hpp"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace load {
namespace {

enum class kind { header, body, read };

constexpr std::size_t rounds_per_second = 1000;
constexpr int reopened_per_round = 2, requests_read = 16, little = 4096;
constexpr std::string_view header_begin = "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
constexpr std::string_view body_begin =
    "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n";
constexpr std::string_view question = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

volatile std::sig_atomic_t ends = 0;

[[noreturn]] void fail(const std::string& what) {
    throw fault(what + ": " + std::strerror(errno));
}

unsigned read_number(std::string_view word, unsigned most) {
    unsigned out = 0;
    const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (wrong != std::errc() || end != word.data() + word.size() || out < 1 || out > most)
        throw fault("slow: " + std::string(word) + " must be a whole number from 1 to " +
                    std::to_string(most));
    return out;
}

kind read_kind(std::string_view word) {
    if (word == "header") return kind::header;
    if (word == "body") return kind::body;
    if (word == "read") return kind::read;
    throw fault("slow: " + std::string(word) + " must be header, body or read");
}

void allow_files() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void send_now(int socket, std::string_view bytes) {
    (void)!::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

class slow_clients {
  public:
    slow_clients(unsigned port, std::size_t count, kind what)
        : kind_(what), sockets_(count, -1), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        where_.sin_family = AF_INET;
        where_.sin_port = htons(static_cast<std::uint16_t>(port));
        where_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (std::size_t i = 0; i < count; ++i)
            open(i);
    }
    slow_clients(const slow_clients&) = delete;
    slow_clients& operator=(const slow_clients&) = delete;
    ~slow_clients() { ::close(epoll_); }

    unsigned long closed() const { return closed_; }

    void step(std::size_t round) {
        note_closed();
        for (int n = 0; n < reopened_per_round && !gone_.empty(); ++n) {
            const std::size_t i = gone_.back();
            gone_.pop_back();
            open(i);
        }
        for (std::size_t i = round; i < sockets_.size(); i += rounds_per_second)
            move_a_byte(sockets_[i]);
    }

  private:
    void open(std::size_t i) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) fail("slow: no further socket; raise the limit of open files (ulimit -Hn)");
        if (kind_ == kind::read) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&where_), sizeof where_) != 0)
            fail("slow: no connection; see that the server runs there and takes so many");
        epoll_event event{};
        event.events = EPOLLRDHUP;
        event.data.u64 = i;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("slow: epoll_ctl");
        sockets_[i] = fd;
        begin(fd);
    }

    void begin(int fd) const {
        if (kind_ == kind::header) return send_now(fd, header_begin);
        if (kind_ == kind::body) return send_now(fd, body_begin);
        for (int n = 0; n < requests_read; ++n)
            send_now(fd, question);
    }

    void note_closed() {
        std::array<epoll_event, 1024> events;
        const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
        for (int n = 0; n < count; ++n) {
            const std::size_t i = events[static_cast<std::size_t>(n)].data.u64;
            ::close(sockets_[i]);
            sockets_[i] = -1;
            gone_.push_back(i);
            ++closed_;
        }
    }

    void move_a_byte(int fd) const {
        char byte = 'x';
        if (fd < 0) return;
        if (kind_ == kind::read)
            (void)!::recv(fd, &byte, 1, MSG_DONTWAIT);
        else
            send_now(fd, {&byte, 1});
    }

    kind kind_;
    sockaddr_in where_{};
    std::vector<int> sockets_;
    std::vector<std::size_t> gone_; // to be opened again
    int epoll_;
    unsigned long closed_ = 0;
};

} // namespace

int run_slow(std::span<const char* const> words) {
    if (words.size() != 3) throw fault("slow needs three words: PORT COUNT header|body|read");
    allow_files();
    std::signal(SIGTERM, [](int) { ends = 1; });
    slow_clients clients(read_number(words[0], 65535), read_number(words[1], 1'000'000),
                         read_kind(words[2]));
    std::puts("ready");
    std::fflush(stdout);
    for (std::size_t round = 0; !ends; round = (round + 1) % rounds_per_second) {
        clients.step(round);
        std::this_thread::sleep_for(std::chrono::microseconds(1'000'000 / rounds_per_second));
    }
    std::printf("%lu\n", clients.closed());
    return 0;
}

} // namespace load
