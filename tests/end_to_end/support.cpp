#include "support.hpp"
#include "../support/loopback.hpp"

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace latchkey::test {

namespace {

using clock = std::chrono::steady_clock;
constexpr int patience_ms = 20'000;

pid_t start(const std::vector<std::string>& command, const std::vector<std::string>& environment,
            const std::string& out, const std::string& err, int descriptors_max = 0) {
    std::vector<char*> arguments;
    for (const auto& word : command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    const int in = ::open("/dev/null", O_RDONLY);
    const int o = ::open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int e = ::open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(in, 0);
    ::dup2(o, 1);
    ::dup2(e, 2);
    const rlimit limit{static_cast<rlim_t>(descriptors_max), static_cast<rlim_t>(descriptors_max)};
    if (descriptors_max > 0) ::setrlimit(RLIMIT_NOFILE, &limit);
    for (const auto& pair : environment)
        ::putenv(const_cast<char*>(pair.c_str()));
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

std::unique_ptr<connection_watch> new_watch() {
    const auto make = connection_watches();
    return make ? make() : nullptr;
}

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

watch_maker& connection_watches() noexcept {
    static watch_maker make = nullptr;
    return make;
}

// Tests that were built without sanitizers can use the binary of a build with sanitizers.
std::string latchkey_binary() {
    const char* elsewhere = std::getenv("LATCHKEY_BINARY");
    return elsewhere ? elsewhere : LATCHKEY_BINARY;
}

reserved_port::reserved_port() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    number_ = bind_to_free_port(fd_);
}

reserved_port::~reserved_port() {
    ::close(fd_);
}

std::string answer::field(std::string_view name) const {
    const auto line = "\r\n" + std::string(name) + ": ";
    const auto same = [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b); // gateways spell names as they like
    };
    const auto at = std::search(head.begin(), head.end(), line.begin(), line.end(), same);
    if (at == head.end()) return {};
    const auto from = static_cast<std::size_t>(at - head.begin()) + line.size();
    return head.substr(from, head.find("\r\n", from) - from);
}

boost::json::object answer::json() const {
    return boost::json::parse(body).as_object();
}

client::client(int port, int host) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto from = loopback(0);
    from.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffu) | static_cast<std::uint32_t>(host));
    const bool bound =
        host == 1 || ::bind(fd_, reinterpret_cast<sockaddr*>(&from), sizeof from) == 0;
    const auto a = loopback(port);
    if (!bound || ::connect(fd_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) {
        ::close(fd_);
        throw std::runtime_error("connection refused");
    }
    // Pieces that a test sends must not be joined.
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch_ = new_watch();
}

client::client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) {
        watch_ = new_watch();
        return;
    }
    ::close(fd_);
    throw std::runtime_error("connection refused");
}

client::client(client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      watch_(std::move(other.watch_)) {}

client& client::operator=(client&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(buffer_, other.buffer_);
    std::swap(watch_, other.watch_);
    return *this;
}

client::~client() {
    if (fd_ >= 0) ::close(fd_);
}

void client::send(std::string_view bytes) {
    if (watch_) watch_->sent(bytes);
    while (!bytes.empty()) {
        const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return; // the answer tells
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

bool client::fill() {
    const auto more = read_once();
    buffer_ += more;
    return !more.empty();
}

std::string client::receive_once() {
    if (watch_) watch_->give_up();
    return read_once();
}

std::string client::read_once() {
    pollfd readable{fd_, POLLIN, 0};
    if (::poll(&readable, 1, patience_ms) != 1) return {};
    std::string bytes(65536, '\0');
    const auto n = ::recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
}

answer client::receive(bool without_body) {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return {};
    answer a;
    a.head = buffer_.substr(0, end + 2);
    a.status = std::stoi(a.head.substr(9, 3));
    buffer_.erase(0, end + 4);
    const auto length = a.field("Content-Length");
    const std::size_t size = without_body || length.empty() ? 0 : std::stoul(length);
    while (buffer_.size() < size)
        if (!fill()) return {};
    a.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    if (watch_) watch_->received(a.status, a.head, a.body);
    return a;
}

bool client::has_answer(std::chrono::milliseconds within) const {
    pollfd readable{fd_, POLLIN, 0};
    return ::poll(&readable, 1, static_cast<int>(within.count())) == 1;
}

bool client::closed() {
    const auto end = clock::now() + std::chrono::milliseconds(patience_ms);
    while (clock::now() < end) {
        pollfd readable{fd_, POLLIN, 0};
        if (::poll(&readable, 1, patience_ms) != 1) return false;
        char byte;
        const auto n = ::recv(fd_, &byte, 1, 0);
        if (n <= 0) return true;
    }
    return false;
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string get(std::string_view path, std::string_view fields) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
           "\r\n";
}

outcome run(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
    const temporary_folder folder;
    const auto pid = start(command, environment, folder.file("out"), folder.file("err"));
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(folder.file("out")),
            contents(folder.file("err"))};
}

server_process::server_process(const std::string& database_uri, const std::string& server_settings,
                               const std::string& toml, const std::vector<std::string>& environment,
                               const std::string& database_settings, const surroundings& around)
    : listen_("127.0.0.1:" + std::to_string(port()) + ", unix:" + api_socket() +
              around.more_places) {
    std::ofstream(config()) << "[server]\nlisten = \"" << listen() << "\"\n"
                            << server_settings << "\n[admin]\nsocket = \"" << admin_socket()
                            << "\"\n"
                            << around.admin_settings << "[database]\n"
                            << (database_uri.empty() ? "" : "uri = \"" + database_uri + "\"\n")
                            << database_settings << '\n'
                            << toml;
    pid_ = start({around.program.empty() ? latchkey_binary() : around.program, "serve", "--config",
                  config()},
                 environment, folder_.file("out"),
                 around.log.empty() ? folder_.file("log") : around.log, around.descriptors_max);
    // A port that speaks TLS refuses the plain request.
    const int expected = toml.find("[tls]") == toml.npos ? 200 : 400;
    if (!wait_for("/livez", expected))
        throw std::runtime_error("the server did not start: " + log());
}

server_process::~server_process() {
    new_watch(); // tells what others have found
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

std::string server_process::log() const {
    return contents(folder_.file("log"));
}

bool server_process::says(std::string_view text, std::chrono::milliseconds within) const {
    const auto end = clock::now() + within;
    while (log().find(text) == std::string::npos) {
        if (clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

bool server_process::wait_for(std::string_view path, int status,
                              std::chrono::milliseconds within) const {
    const auto end = clock::now() + within;
    while (clock::now() < end) {
        try {
            if (ask(get(path)).status == status) return true;
        } catch (const std::runtime_error&) {
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

outcome server_process::command(std::vector<std::string> words) const {
    words.insert(words.begin(), latchkey_binary());
    return run(words, {"LATCHKEY_ADMIN_SOCKET=" + admin_socket()});
}

std::string server_process::create_organization(const std::string& id) const {
    std::vector<std::string> words = {"org", "create", "--name", "Test", "--json"};
    if (!id.empty()) words.insert(words.end(), {"--id", id});
    const auto made = command(words);
    if (made.exit_code != 0) throw std::runtime_error(made.err);
    return std::string(boost::json::parse(made.out).at("organization_id").as_string());
}

std::string server_process::create_key(const std::string& organization,
                                       const std::vector<std::string>& options) const {
    std::vector<std::string> words = {"key",    "create", "--organization", organization,
                                      "--name", "test",   "--json"};
    words.insert(words.end(), options.begin(), options.end());
    const auto made = command(words);
    if (made.exit_code != 0) throw std::runtime_error(made.err);
    return std::string(boost::json::parse(made.out).at("api_key").as_string());
}

void server_process::signal(int number) const {
    ::kill(pid_, number);
}

int wait_for_exit_of(pid_t& child, std::chrono::milliseconds within) {
    const auto end = clock::now() + within;
    int status = 0;
    while (clock::now() < end) {
        if (::waitpid(child, &status, WNOHANG) == child) {
            child = -1;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return -1;
}

int server_process::wait_for_exit(std::chrono::milliseconds within) {
    return wait_for_exit_of(pid_, within);
}

} // namespace latchkey::test
