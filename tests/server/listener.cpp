#include "server/process/listener.hpp"
#include "../support/loopback.hpp"
#include "../support/no_log.hpp"
#include "../support/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

using namespace latchkey;
using namespace latchkey::server;
using namespace std::chrono_literals;

namespace {

// A listener that counts what it hands over.
struct world {
    boost::asio::io_context loop;
    test::no_log log;
    test::temporary_folder folder;
    std::string path = folder.file("socket");
    int taken = 0;
    int turned_away = 0;
    std::function<void()> on_taken = [] {};
    std::unique_ptr<listener> here;

    world() {
        auto opened = listen_unix(loop, {.path = path}, log,
                                  {[this](int fd) {
                                       ::close(fd);
                                       ++taken;
                                       on_taken();
                                   },
                                   [this](int fd) {
                                       ::close(fd);
                                       ++turned_away;
                                   }});
        BOOST_REQUIRE(opened.has_value());
        here = std::move(*opened);
        here->open();
    }
    // The connection stays in the kernel's queue after the client has gone.
    void connect() const {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::memcpy(name.sun_path, path.data(), path.size());
        BOOST_REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
        ::close(fd);
    }
};

// A folder for socket files, with functions that listen there.
struct places {
    boost::asio::io_context loop;
    test::no_log log;
    const std::string folder = make_folder();
    const std::string path = folder + "/api.sock";

    ~places() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    static std::string make_folder() {
        char name[] = "/tmp/latchkey-listener.XXXXXX";
        BOOST_REQUIRE(::mkdtemp(name));
        return name;
    }

    core::result<std::unique_ptr<listener>> listen(mode_t mode = 0660) {
        return listen_unix(loop, {.path = path, .mode = mode, .setting = "server.listen"}, log,
                           {[](int fd) { ::close(fd); }, [](int fd) { ::close(fd); }});
    }
    core::result<std::unique_ptr<listener>> listen(const std::string& all, std::size_t which) {
        const auto parsed = parse_listen_places(all).value();
        return listen_tcp(loop, parsed[which], leaves_ipv4_alone(parsed[which], parsed), log,
                          {[](int fd) { ::close(fd); }, [](int fd) { ::close(fd); }});
    }
    // Binds a socket of this type there.
    int bind_there(int type) const {
        const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        path.copy(name.sun_path, sizeof name.sun_path - 1);
        BOOST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
        return fd;
    }
    ino_t file() const {
        struct stat found {};
        return ::lstat(path.c_str(), &found) == 0 ? found.st_ino : 0;
    }
};

std::string why(const core::result<std::unique_ptr<listener>>& opened) {
    return opened ? std::string() : opened.error().message;
}

// Uses up all descriptors that this process may have.
class no_descriptors {
  public:
    no_descriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        auto few = before_;
        few.rlim_cur = 256;
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
            taken_.push_back(fd);
    }
    ~no_descriptors() {
        for (const int fd : taken_)
            ::close(fd);
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

  private:
    rlimit before_{};
    std::vector<int> taken_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(listener)

BOOST_AUTO_TEST_CASE(each_error_has_its_mend) {
    for (const int error : {ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET,
                            EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH})
        BOOST_TEST((trouble_of(error) == accept_trouble::of_one_client), error);
    for (const int error : {EMFILE, ENFILE})
        BOOST_TEST((trouble_of(error) == accept_trouble::no_descriptors), error);
    for (const int error : {ENOBUFS, ENOMEM})
        BOOST_TEST((trouble_of(error) == accept_trouble::other), error);
}

BOOST_AUTO_TEST_CASE(without_descriptors_the_owner_turns_away) {
    world w;
    w.connect();
    w.connect();
    {
        const no_descriptors held;
        for (int i = 0; i < 10 && w.turned_away == 0 && w.taken == 0; ++i)
            w.loop.run_one_for(10s);
    }
    BOOST_TEST(w.turned_away == 2);
    BOOST_TEST(w.taken == 0);
    // It accepts again when there are descriptors.
    w.connect();
    while (w.taken == 0 && w.loop.run_one_for(10s) > 0) {
    }
    BOOST_TEST(w.taken == 1);
}

BOOST_AUTO_TEST_CASE(a_socket_file_has_its_mode_and_goes_with_its_listener) {
    places here;
    for (const mode_t mode : {0600u, 0660u, 0666u}) {
        const auto opened = here.listen(mode);
        BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
        struct stat found {};
        BOOST_REQUIRE(::lstat(here.path.c_str(), &found) == 0);
        BOOST_TEST((found.st_mode & 07777) == mode);
        (*opened)->close();
        BOOST_TEST(here.file() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(only_a_file_that_nobody_is_behind_is_replaced) {
    places here;
    ::close(here.bind_there(SOCK_STREAM));
    auto opened = here.listen();
    BOOST_REQUIRE_MESSAGE(opened.has_value(), why(opened));
    const auto live = here.file();
    // A server answers there.
    BOOST_TEST(why(here.listen()).find("another server answers on") == 0u);
    BOOST_TEST(here.file() == live);
    opened->reset();
    // The queue of the server there is full.
    const int busy = here.bind_there(SOCK_STREAM);
    BOOST_REQUIRE(::listen(busy, 0) == 0);
    const int first = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    here.path.copy(name.sun_path, sizeof name.sun_path - 1);
    BOOST_REQUIRE(::connect(first, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    BOOST_TEST(why(here.listen()).find("another server answers on") == 0u);
    ::close(first);
    ::close(busy);
    ::unlink(here.path.c_str());
    // The socket there is of another kind.
    const int datagrams = here.bind_there(SOCK_DGRAM);
    BOOST_TEST(why(here.listen()).find("another server answers on") == 0u);
    ::close(datagrams);
    BOOST_TEST(here.listen().has_value());
}

BOOST_AUTO_TEST_CASE(what_is_not_its_own_is_left_alone) {
    places here;
    auto opened = here.listen();
    BOOST_REQUIRE(opened.has_value());
    // Another server has replaced the file by its own.
    ::unlink(here.path.c_str());
    const int other = here.bind_there(SOCK_STREAM);
    const auto others = here.file();
    opened->reset();
    BOOST_TEST(here.file() == others);
    ::close(other);
    ::unlink(here.path.c_str());
    ::close(::open(here.path.c_str(), O_CREAT | O_WRONLY, 0600));
    BOOST_TEST(why(here.listen()).find("exists and is no socket") != std::string::npos);
    BOOST_TEST(here.file() != 0u);
}

BOOST_AUTO_TEST_CASE(both_families_listen_on_one_port_in_either_order) {
    places here;
    const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 loopback{};
    loopback.sin6_family = AF_INET6;
    loopback.sin6_addr = in6addr_loopback;
    const bool has_ipv6 =
        probe >= 0 && ::bind(probe, reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) == 0;
    ::close(probe);
    if (!has_ipv6) {
        BOOST_TEST_MESSAGE("no IPv6 here");
        return;
    }
    const int holder = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(holder, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto port = std::to_string(test::bind_to_free_port(holder));
    for (const auto& all :
         {"127.0.0.1:" + port + ", [::]:" + port, "[::]:" + port + ", 127.0.0.1:" + port}) {
        const auto first = here.listen(all, 0);
        BOOST_REQUIRE_MESSAGE(first.has_value(), why(first));
        const auto second = here.listen(all, 1);
        BOOST_TEST(second.has_value(), why(second));
    }
    ::close(holder);
}

BOOST_AUTO_TEST_CASE(who_connects_without_end_does_not_hold_up_the_close) {
    world w;
    w.on_taken = [&] {
        if (w.taken < 10'000) w.connect();
    };
    w.connect();
    w.here->close();
    BOOST_TEST(w.taken == 4096);
}

BOOST_AUTO_TEST_SUITE_END()
