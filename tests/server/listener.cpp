#include <latchkey/server/listener.hpp>

#include "../support/no_log.hpp"
#include "../support/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
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
        auto opened = listen_unix(loop, path, log,
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
    // It stays in the kernel's queue after the client has gone.
    void connect() const {
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::memcpy(name.sun_path, path.data(), path.size());
        BOOST_REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
        ::close(fd);
    }
};

// Takes all descriptors that this process may have.
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
    // And goes on when there are some again.
    w.connect();
    while (w.taken == 0 && w.loop.run_one_for(10s) > 0) {
    }
    BOOST_TEST(w.taken == 1);
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
