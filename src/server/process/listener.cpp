#include "server/process/listener.hpp"

#include <latchkey/core/clock.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace latchkey::server {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using core::failure;
using core::failure_kind;

// When descriptors or memory are exhausted, trying again at once would spin.
constexpr core::milliseconds accept_pause{100};
// Clients that are turned away in one pause.
constexpr int turned_away_max = 256;
// Connections that may wait to be accepted.
constexpr int backlog = 4096;

// The file of a socket that was opened here.
class owned_file {
  public:
    owned_file() = default;
    explicit owned_file(std::string path) : path_(std::move(path)) {
        if (::lstat(path_.c_str(), &made_) != 0) path_.clear();
    }
    // Removes the file, unless another server has replaced it by its own.
    void remove() {
        struct stat found {};
        if (path_.empty() || ::lstat(path_.c_str(), &found) != 0) return;
        if (found.st_dev == made_.st_dev && found.st_ino == made_.st_ino) ::unlink(path_.c_str());
        path_.clear();
    }

  private:
    std::string path_;
    struct stat made_ {};
};

template <class Protocol>
class socket_listener final : public listener {
  public:
    using acceptor = asio::basic_socket_acceptor<Protocol, asio::io_context::executor_type>;

    socket_listener(asio::io_context& loop, acceptor opened, std::string address, owned_file file,
                    core::logger& log, connection_owner owner, bool inherited = false)
        : inherited_(inherited),
          acceptor_(std::move(opened)),
          pause_(loop),
          address_(std::move(address)),
          file_(std::move(file)),
          log_(log),
          owner_(std::move(owner)),
          spare_(open_spare()) {}
    ~socket_listener() override {
        end();
        if (spare_ >= 0) ::close(spare_);
    }

    void close() override {
        if (!inherited_) take_those_that_wait();
        end();
    }
    std::string address() const override { return address_; }
    void open() override {
        if (!std::exchange(accepting_, true)) accept();
    }

  private:
    using socket =
        typename Protocol::socket::template rebind_executor<asio::io_context::executor_type>::other;

    void accept() {
        acceptor_.async_accept([this](error_code error, socket accepted) {
            if (error == asio::error::operation_aborted) return;
            // A connection that was accepted before the end is served, too.
            error_code ignored;
            if (!error) {
                pausing_ = false;
                owner_.take(accepted.release(ignored));
            }
            if (!acceptor_.is_open()) return;
            if (error) return pause(error);
            accept();
        });
    }
    void end() {
        // The file goes first: as long as it is there, somebody listens.
        file_.remove();
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
    }
    // The kernel has told these clients that they are connected, and closing would reset them. The
    // number is bounded, because others may go on to connect meanwhile.
    void take_those_that_wait() {
        if (!acceptor_.is_open() || !accepting_) return;
        error_code error;
        acceptor_.cancel(error);
        acceptor_.non_blocking(true, error);
        for (int i = 0; i < backlog && !error; ++i) {
            socket accepted(acceptor_.get_executor());
            acceptor_.accept(accepted, error);
            error_code ignored;
            if (!error) owner_.take(accepted.release(ignored));
            if (trouble_of(error.value()) == accept_trouble::of_one_client) error.clear();
        }
    }
    void pause(error_code error) {
        const auto trouble = trouble_of(error.value());
        if (trouble == accept_trouble::of_one_client) return accept();
        if (!pausing_)
            log_.warning("connections cannot be accepted for a while",
                         {{"listener", address_}, {"reason", error.message()}});
        pausing_ = true;
        if (trouble == accept_trouble::no_descriptors) turn_away_who_waits();
        pause_.expires_after(accept_pause);
        pause_.async_wait([this](error_code cancelled) {
            if (!cancelled && acceptor_.is_open()) accept();
        });
    }

    // Uses the spare descriptor to tell waiting clients that they are turned away.
    void turn_away_who_waits() {
        ::close(spare_);
        for (int i = 0; i < turned_away_max; ++i) {
            const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr,
                                     SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd < 0) break;
            owner_.turn_away(fd);
        }
        spare_ = open_spare();
    }
    static int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

    const bool inherited_; // the passer keeps the socket and its queue
    acceptor acceptor_;
    asio::steady_timer pause_;
    std::string address_;
    owned_file file_;
    core::logger& log_;
    connection_owner owner_;
    bool accepting_ = false;
    bool pausing_ = false; ///< since the last connection was accepted
    int spare_;
};

std::string why_not_bound(const std::string& address, error_code error, std::string_view setting) {
    auto sentence = "cannot listen on " + address + ": " + error.message();
    if (error == asio::error::address_in_use)
        sentence += "; another process has it: end that one or set another " + std::string(setting);
    if (error == asio::error::access_denied)
        sentence +=
            "; ports below 1024 need CAP_NET_BIND_SERVICE: set another " + std::string(setting);
    return sentence;
}

failure_kind kind_of(error_code error) {
    return error == asio::error::access_denied ? failure_kind::conflict : failure_kind::unavailable;
}

template <class Acceptor, class Endpoint>
error_code open_and_bind(Acceptor& acceptor, const Endpoint& endpoint, bool only_ipv6 = false) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (error) return error;
    if constexpr (std::is_same_v<Endpoint, asio::ip::tcp::endpoint>) {
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
        if (!error && only_ipv6) acceptor.set_option(asio::ip::v6_only(true), error);
    }
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(backlog, error);
    return error;
}

template <class Endpoint>
std::string shown(const Endpoint& bound) {
    if constexpr (std::is_same_v<Endpoint, asio::ip::tcp::endpoint>) {
        const auto host = bound.address().to_string();
        return (bound.address().is_v6() ? "[" + host + "]" : host) + ":" +
               std::to_string(bound.port());
    } else {
        return bound.path();
    }
}

template <class Protocol>
core::result<std::unique_ptr<listener>> adopt_listener(asio::io_context& loop, Protocol protocol,
                                                       int fd, core::logger& log,
                                                       connection_owner owner) {
    typename socket_listener<Protocol>::acceptor acceptor(loop.get_executor());
    error_code error;
    acceptor.assign(protocol, fd, error);
    const auto bound = error ? typename Protocol::endpoint() : acceptor.local_endpoint(error);
    if (error)
        return failure{failure_kind::unavailable,
                       "a socket that was passed cannot be used: " + error.message()};
    return std::unique_ptr<listener>(std::make_unique<socket_listener<Protocol>>(
        loop, std::move(acceptor), shown(bound), owned_file(), log, std::move(owner), true));
}

// Whether certainly nobody listens behind this socket file. Only a refused connection proves that:
// a full queue, or a file that we may not open, may belong to a live server.
bool is_stale(const std::string& path) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return false;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    const int failed = ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    const bool refused = failed != 0 && (errno == ECONNREFUSED || errno == ENOENT);
    ::close(probe);
    return refused;
}

// Returns an empty text if the path is free.
std::string why_taken(const socket_file& file) {
    struct stat found {};
    if (::lstat(file.path.c_str(), &found) != 0) return {};
    const std::string another(file.setting);
    if (!S_ISSOCK(found.st_mode))
        return file.path + " exists and is no socket: remove it or set another " + another;
    if (!is_stale(file.path))
        return "another server answers on " + file.path + ": end it or set another " + another;
    ::unlink(file.path.c_str());
    return {};
}

} // namespace

// Linux reports errors of the new connection here; accept(2) says to treat them like EAGAIN.
accept_trouble trouble_of(int error) {
    switch (error) {
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
        return accept_trouble::of_one_client;
    case EMFILE:
    case ENFILE:
        return accept_trouble::no_descriptors;
    default:
        return accept_trouble::other;
    }
}

core::result<std::unique_ptr<listener>> listen_tcp(asio::io_context& loop,
                                                   const listen_place& place, bool only_ipv6,
                                                   core::logger& log, connection_owner owner,
                                                   std::string_view setting) {
    using protocol = asio::ip::tcp;
    error_code error;
    protocol::resolver resolver(loop);
    const auto found =
        resolver.resolve(place.host, place.port,
                         protocol::resolver::passive | protocol::resolver::numeric_service, error);
    if (error || found.empty())
        return failure{failure_kind::unavailable,
                       std::string(setting) + " = \"" + place.text +
                           "\": the host is not known: " + error.message()};
    socket_listener<protocol>::acceptor acceptor(loop.get_executor());
    error = open_and_bind(acceptor, found.begin()->endpoint(), only_ipv6);
    if (error) return failure{kind_of(error), why_not_bound(place.text, error, setting)};
    const auto bound = shown(acceptor.local_endpoint());
    return std::unique_ptr<listener>(std::make_unique<socket_listener<protocol>>(
        loop, std::move(acceptor), bound, owned_file(), log, std::move(owner)));
}

core::result<std::unique_ptr<listener>> listen_passed(asio::io_context& loop,
                                                      const passed_socket& given, core::logger& log,
                                                      connection_owner owner) {
    if (given.family == AF_UNIX)
        return adopt_listener(loop, asio::local::stream_protocol(), given.fd, log,
                              std::move(owner));
    const auto protocol = given.family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
    return adopt_listener(loop, protocol, given.fd, log, std::move(owner));
}

core::result<std::unique_ptr<listener>> listen_unix(asio::io_context& loop, const socket_file& file,
                                                    core::logger& log, connection_owner owner) {
    using protocol = asio::local::stream_protocol;
    const auto setting = std::string(file.setting) + " = \"" + file.path + '"';
    if (file.path.empty() || file.path.size() > socket_path_bytes_max)
        return failure{failure_kind::invalid, setting + " must have 1 to 107 bytes"};
    if (const auto why = why_taken(file); !why.empty())
        return failure{failure_kind::unavailable, why};
    socket_listener<protocol>::acceptor acceptor(loop.get_executor());
    const auto mask = ::umask(~file.mode & 0777);
    const auto error = open_and_bind(acceptor, protocol::endpoint(file.path));
    ::umask(mask);
    if (error)
        return failure{kind_of(error), "cannot listen on " + setting + ": " + error.message() +
                                           "; its folder must exist and be writable"};
    return std::unique_ptr<listener>(std::make_unique<socket_listener<protocol>>(
        loop, std::move(acceptor), file.path, owned_file(file.path), log, std::move(owner)));
}

} // namespace latchkey::server
