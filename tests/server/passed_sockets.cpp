#include "server/process/passed_sockets.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

using namespace latchkey::server;

namespace {

// Sockets with consecutive numbers, far above all others.
class row_of_sockets {
  public:
    static constexpr int first = 700;

    ~row_of_sockets() {
        for (int fd = first; fd < first + count_; ++fd)
            ::close(fd);
    }
    void add(int family, int type, bool listening) {
        const int fd = ::socket(family, type, 0);
        if (listening) {
            sockaddr_storage any{};
            any.ss_family = static_cast<sa_family_t>(family);
            // The system names a unix socket that is bound without a name.
            const auto length = family == AF_UNIX ? sizeof(sa_family_t) : sizeof(sockaddr_in6);
            BOOST_REQUIRE(
                ::bind(fd, reinterpret_cast<sockaddr*>(&any), static_cast<socklen_t>(length)) == 0);
            BOOST_REQUIRE(::listen(fd, 1) == 0);
        }
        BOOST_REQUIRE(::dup2(fd, first + count_++) >= 0);
        ::close(fd);
    }
    latchkey::core::result<passed_sockets> read(std::string_view names,
                                                std::string_view pid = "7") const {
        const auto count = std::to_string(count_);
        return read_passed_sockets({pid, count, names}, 7, first);
    }

  private:
    int count_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(passed_sockets)

BOOST_AUTO_TEST_CASE(they_are_told_apart_by_their_names) {
    row_of_sockets row;
    row.add(AF_INET, SOCK_STREAM, true);
    row.add(AF_UNIX, SOCK_STREAM, true);
    row.add(AF_INET6, SOCK_STREAM, true);
    row.add(AF_UNIX, SOCK_STREAM, true);
    const auto passed = row.read("latchkey.socket:admin:latchkey.socket:local");
    BOOST_REQUIRE_MESSAGE(passed.has_value(), (passed ? "" : passed.error().message));
    BOOST_REQUIRE(passed->api.size() == 3u);
    BOOST_TEST(passed->api[2].family == AF_UNIX);
    BOOST_TEST(passed->api[2].name == "local");
    BOOST_TEST(passed->api[0].fd == row.first);
    BOOST_TEST(passed->api[0].family == AF_INET);
    BOOST_TEST(passed->api[1].family == AF_INET6);
    BOOST_REQUIRE(passed->admin.has_value());
    BOOST_TEST(passed->admin->fd == row.first + 1);
    BOOST_TEST((::fcntl(row.first, F_GETFD) & FD_CLOEXEC) == FD_CLOEXEC);
}

BOOST_AUTO_TEST_CASE(names_may_be_missing) {
    row_of_sockets row;
    row.add(AF_INET, SOCK_STREAM, true);
    const auto passed = row.read("");
    BOOST_REQUIRE(passed.has_value());
    BOOST_TEST(passed->api.size() == 1u);
}

BOOST_AUTO_TEST_CASE(those_of_another_process_are_left_alone) {
    row_of_sockets row;
    row.add(AF_INET, SOCK_DGRAM, false);
    for (const auto* pid : {"8", "", "x"}) {
        const auto passed = row.read("", pid);
        BOOST_REQUIRE(passed.has_value());
        BOOST_TEST(passed->api.empty());
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_named_with_the_mend) {
    struct {
        int family;
        int type;
        bool listening;
        const char* name;
        const char* says;
    } const cases[] = {
        {AF_INET, SOCK_DGRAM, false, "x", "no listening stream socket"},
        {AF_INET, SOCK_STREAM, false, "x", "no listening stream socket"},
        {AF_INET, SOCK_STREAM, true, "admin", "no unix socket"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.family << ' ' << c.type << ' ' << c.name) {
            row_of_sockets row;
            row.add(c.family, c.type, c.listening);
            const auto passed = row.read(c.name);
            BOOST_REQUIRE(!passed.has_value());
            BOOST_TEST(passed.error().message.find(c.says) != std::string::npos,
                       passed.error().message);
        }
    for (const auto* count : {"", "x", "-1", "65"})
        BOOST_TEST(!read_passed_sockets({"7", count, ""}, 7).has_value());
}

BOOST_AUTO_TEST_CASE(one_admin_socket_is_enough) {
    row_of_sockets row;
    row.add(AF_UNIX, SOCK_STREAM, true);
    row.add(AF_UNIX, SOCK_STREAM, true);
    BOOST_TEST(!row.read("admin:admin").has_value());
}

BOOST_AUTO_TEST_CASE(the_variables_are_taken_away) {
    ::setenv("LISTEN_PID", "1", 1);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_FDNAMES", "x", 1);
    const auto passed = take_passed_sockets();
    BOOST_REQUIRE(passed.has_value());
    BOOST_TEST(passed->api.empty());
    for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        BOOST_TEST(::getenv(name) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
