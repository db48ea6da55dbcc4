#include "server/process/service_manager.hpp"
#include "../support/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <vector>

using namespace latchkey;
using namespace latchkey::server;
using namespace std::chrono_literals;

namespace {

// Systemd's end of the socket.
class manager_end {
  public:
    explicit manager_end(const std::string& address)
        : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::memcpy(name.sun_path, address.data(), address.size());
        if (address.starts_with('@'))
            name.sun_path[0] = '\0';
        else
            path_ = address;
        const auto length =
            static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
        BOOST_REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&name), length) == 0);
    }
    ~manager_end() {
        ::close(fd_);
        if (!path_.empty()) ::unlink(path_.c_str());
    }
    std::string heard() const {
        char bytes[512];
        const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
        return n > 0 ? std::string(bytes, static_cast<std::size_t>(n)) : "";
    }

  private:
    int fd_;
    std::string path_;
};

const core::steady_time start{1h};
using turns = std::vector<core::steady_time>;

} // namespace

BOOST_AUTO_TEST_SUITE(service_manager)

BOOST_AUTO_TEST_CASE(both_kinds_of_address_are_heard) {
    const auto own = std::to_string(::getpid());
    const test::temporary_folder folder;
    for (const auto& address : {folder.file("notify"), "@latchkey-notify-" + own}) {
        BOOST_TEST_CONTEXT(address) {
            const manager_end there(address);
            server::service_manager here(address);
            here.tell("");
            here.tell("READY=1\n");
            BOOST_TEST(there.heard() == "READY=1\n");
        }
    }
}

BOOST_AUTO_TEST_CASE(what_a_full_queue_did_not_take_is_told_later) {
    const auto address = "@latchkey-notify-full-" + std::to_string(::getpid());
    const manager_end there(address);
    server::service_manager noise(address), here(address);
    // These are more than any queue holds.
    for (int i = 0; i < 10'000; ++i)
        noise.tell("NOISE=1\n");
    here.tell("STATUS=not ready\n");
    here.tell("STATUS=almost\nWATCHDOG=1\n");
    here.tell("READY=1\nSTATUS=ready\n");
    here.tell("WATCHDOG=1\n");
    here.tell("RELOADING=1\n");
    while (there.heard() == "NOISE=1\n") {
    }
    here.tell("READY=1\n");
    here.tell("");
    // Of two states in a row the later one is sent; what is no longer true is not.
    for (const auto* next :
         {"STATUS=almost\n", "READY=1\nSTATUS=ready\n", "RELOADING=1\n", "READY=1\n", ""})
        BOOST_TEST(there.heard() == next);
}

BOOST_AUTO_TEST_CASE(without_a_manager_nothing_happens) {
    for (const auto* address : {"", "@", "relative", "/nonexistent/socket"})
        server::service_manager(address).tell("READY=1\n");
    server::service_manager("/" + std::string(200, 'x')).tell("READY=1\n");
}

BOOST_AUTO_TEST_CASE(a_life) {
    service_notice notice;
    BOOST_TEST(notice.tick(start, false, "not ready: no database", {}) ==
               "STATUS=not ready: no database\n");
    BOOST_TEST(notice.tick(start + 1s, false, "not ready: no database", {}) == "");
    // Before it was ready, a reload is not told: it would count as the end of the start.
    BOOST_TEST(notice.reloading(start) == "");
    BOOST_TEST(notice.reloaded() == "");
    BOOST_TEST(notice.tick(start + 2s, true, "ready", {}) == "READY=1\nSTATUS=ready\n");
    BOOST_TEST(notice.tick(start + 3s, true, "ready", {}) == "");
    BOOST_TEST(notice.reloading(start + 3s) == "RELOADING=1\nMONOTONIC_USEC=3603000000\n");
    BOOST_TEST(notice.reloaded() == "READY=1\n");
    // An outage changes the status only; there is no second READY=1.
    BOOST_TEST(notice.tick(start + 4s, false, "not ready:\nlate", {}) ==
               "STATUS=not ready: late\n");
    BOOST_TEST(notice.tick(start + 5s, true, "ready", {}) == "STATUS=ready\n");
    BOOST_TEST(notice.stopping().starts_with("STOPPING=1\nSTATUS="));
    BOOST_TEST(notice.tick(start + 6s, false, "not ready: shutting down", {}) == "");
    BOOST_TEST(notice.reloaded() == "");
}

BOOST_AUTO_TEST_CASE(who_is_stopped_before_it_was_ready_never_is) {
    service_notice notice;
    notice.stopping();
    BOOST_TEST(notice.tick(start, true, "ready", {}) == "");
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed_while_all_loops_turn) {
    service_notice notice(10s);
    const auto fed = [&](core::steady_time now, const turns& at) {
        return notice.tick(now, false, "", at) == "WATCHDOG=1\n";
    };
    BOOST_TEST(fed(start, {start, start}));
    BOOST_TEST(!fed(start + 1s, {start + 1s, start + 1s}), "not at every tick");
    BOOST_TEST(fed(start + 3s, {start + 3s, start + 3s}));
    // A loop may stand still for half of the limit; the rest is left until the manager notices.
    BOOST_TEST(fed(start + 7s, {start + 7s, start + 3s}));
    BOOST_TEST(!fed(start + 10s, {start + 10s, start + 3s}));
    BOOST_TEST(!fed(start + 20s, {start + 20s, start + 3s}));
    BOOST_TEST(fed(start + 21s, {start + 21s, start + 21s}));
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_for_one_process) {
    BOOST_TEST((watchdog_limit("30000000", "", 7) == core::nanoseconds(30s)));
    BOOST_TEST((watchdog_limit("30000000", "7", 7) == core::nanoseconds(30s)));
    BOOST_TEST(!watchdog_limit("30000000", "8", 7).has_value());
    for (const auto* nothing : {"", "0", "-1", "x", "1x"})
        BOOST_TEST(!watchdog_limit(nothing, "", 7).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
