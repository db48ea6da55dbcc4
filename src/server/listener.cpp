#include <latchkey/server/listener.hpp>

#include <latchkey/core/clock.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace latchkey::server {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using core::failure;
using core::failure_kind;

// Descriptors are exhausted, or memory is: trying again at once would spin.
constexpr core::milliseconds accept_pause{100};
// In one pause.
constexpr int turned_away_max = 256;
// How many connections may wait to be accepted.
constexpr int backlog = 4096;

template <class Protocol>
class socket_listener final : public listener {
  public:
    using acceptor = asio::basic_socket_acceptor<Protocol, asio::io_context::executor_type>;

    socket_listener(asio::io_context& loop, acceptor opened, std::string address, std::string file,
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
            // One that was accepted before the end is served, too.
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
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        if (!file_.empty()) ::unlink(file_.c_str());
        file_.clear();
    }
    // The kernel has told these clients that they are connected; closing would reset them. Nobody
    // else has this socket. Others go on to connect meanwhile, perhaps for ever.
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

    // A descriptor is kept for this: who waits is told, rather than left to wait.
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

    const bool inherited_; // whoever passed it keeps it, and what waits in it
    acceptor acceptor_;
    asio::steady_timer pause_;
    std::string address_;
    std::string file_;
    core::logger& log_;
    connection_owner owner_;
    bool accepting_ = false;
    bool pausing_ = false; ///< since the last connection was accepted
    int spare_;
};

struct host_and_port {
    std::string host;
    std::string port;
};

core::result<host_and_port> split(const std::string& address) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos || colon + 1 == address.size())
        return failure{failure_kind::invalid,
                       "server.listen = \"" + address + "\" is not host:port"};
    auto host = address.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return host_and_port{host, address.substr(colon + 1)};
}

std::string why_not_bound(const std::string& address, error_code error) {
    auto sentence = "cannot listen on " + address + ": " + error.message();
    if (error == asio::error::address_in_use)
        sentence += "; another process has it: end that one or set another server.listen";
    if (error == asio::error::access_denied)
        sentence += "; ports below 1024 need CAP_NET_BIND_SERVICE: set another server.listen";
    return sentence;
}

failure_kind kind_of(error_code error) {
    return error == asio::error::access_denied ? failure_kind::conflict : failure_kind::unavailable;
}

template <class Acceptor, class Endpoint>
error_code open_and_bind(Acceptor& acceptor, const Endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (error) return error;
    if constexpr (std::is_same_v<Endpoint, asio::ip::tcp::endpoint>)
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
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
        loop, std::move(acceptor), shown(bound), std::string(), log, std::move(owner), true));
}

// Is anybody behind this socket file?
bool answers(const std::string& path) {
    asio::io_context loop;
    asio::local::stream_protocol::socket probe(loop);
    error_code error;
    probe.connect(asio::local::stream_protocol::endpoint(path), error);
    return !error;
}

} // namespace

// Linux passes on what has happened to a connection since; accept(2) says to take that as EAGAIN.
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
                                                   const std::string& address, core::logger& log,
                                                   connection_owner owner) {
    using protocol = asio::ip::tcp;
    const auto where = split(address);
    if (!where) return where.error();
    error_code error;
    protocol::resolver resolver(loop);
    const auto found =
        resolver.resolve(where->host, where->port,
                         protocol::resolver::passive | protocol::resolver::numeric_service, error);
    if (error || found.empty())
        return failure{failure_kind::invalid, "server.listen = \"" + address +
                                                  "\": the host is not known: " + error.message()};
    socket_listener<protocol>::acceptor acceptor(loop.get_executor());
    error = open_and_bind(acceptor, found.begin()->endpoint());
    if (error) return failure{kind_of(error), why_not_bound(address, error)};
    const auto place = shown(acceptor.local_endpoint());
    return std::unique_ptr<listener>(std::make_unique<socket_listener<protocol>>(
        loop, std::move(acceptor), place, std::string(), log, std::move(owner)));
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

core::result<std::unique_ptr<listener>> listen_unix(asio::io_context& loop, const std::string& path,
                                                    core::logger& log, connection_owner owner) {
    using protocol = asio::local::stream_protocol;
    constexpr std::size_t path_length_max = 107;
    if (path.empty() || path.size() > path_length_max)
        return failure{failure_kind::invalid,
                       "admin.socket = \"" + path + "\" must have 1 to 107 bytes"};
    struct stat file {};
    if (::lstat(path.c_str(), &file) == 0) {
        if (!S_ISSOCK(file.st_mode))
            return failure{failure_kind::unavailable,
                           path +
                               " exists and is no socket: remove it or set another admin.socket"};
        if (answers(path))
            return failure{failure_kind::unavailable, "another server answers on " + path +
                                                          ": end it or set another admin.socket"};
        ::unlink(path.c_str());
    }
    socket_listener<protocol>::acceptor acceptor(loop.get_executor());
    const auto mask = ::umask(0117);
    const auto error = open_and_bind(acceptor, protocol::endpoint(path));
    ::umask(mask);
    if (error)
        return failure{kind_of(error), "cannot listen on admin.socket = \"" + path +
                                           "\": " + error.message() +
                                           "; its folder must exist and be writable"};
    return std::unique_ptr<listener>(std::make_unique<socket_listener<protocol>>(
        loop, std::move(acceptor), path, path, log, std::move(owner)));
}

} // namespace latchkey::server
