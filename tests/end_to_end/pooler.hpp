#pragma once
// A PgBouncer for one test, before a PostgreSQL of the tests.

#include "../integration/support.hpp"
#include "cached_keys.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace latchkey::test {

/// PgBouncer refuses to run as root; under root it runs as the user postgres. It listens on a unix
/// socket only, trusts everybody who can reach it, and ends when the test process ends.
class pooler {
  public:
    /// Starts it before the server of this URI. `more`: further lines of its settings.
    pooler(const std::string& server_uri, const std::string& mode, int pool_size,
           const std::string& more = "server_login_retry = 1\n") {
        std::ofstream(folder_.file("users")) << "\"latchkey\" \"\"\n";
        std::ofstream(folder_.file("pgbouncer.ini"))
            << "[databases]\n* = host=" << host_of(server_uri) << "\n[pgbouncer]\nlisten_addr =\n"
            << "listen_port = " << port << "\nunix_socket_dir = " << folder_.file("s")
            << "\nauth_type = trust\nauth_file = " << folder_.file("users")
            << "\npool_mode = " << mode << "\ndefault_pool_size = " << pool_size
            << "\nmax_client_conn = 200\n"
            << more;
        std::filesystem::create_directory(folder_.file("s"));
        give_away();
        start();
    }
    ~pooler() { kill(); }
    pooler(const pooler&) = delete;
    pooler& operator=(const pooler&) = delete;

    /// Returns a connection string for this database through the pooler.
    std::string uri(const std::string& database) const {
        return "host=" + folder_.file("s") + " port=" + port + " user=latchkey dbname=" + database;
    }

    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    /// Starts it, also after `kill`.
    void start() {
        // A regular end would have removed the socket file.
        std::filesystem::remove(folder_.file("s/.s.PGSQL.") + port);
        pid_ = ::fork();
        if (pid_ == 0) run();
        const bool up = soon([&] {
            try {
                client(folder_.file("s/.s.PGSQL.") + port);
                return true;
            } catch (const std::runtime_error&) {
                return ::waitpid(pid_, nullptr, WNOHANG) != 0;
            }
        });
        BOOST_REQUIRE_MESSAGE(up && ::kill(pid_, 0) == 0, "pgbouncer did not start: " + log());
    }
    std::string log() const {
        std::ifstream file(folder_.file("log"));
        return {std::istreambuf_iterator<char>(file), {}};
    }

  private:
    static constexpr const char* port = "6432";

    static std::string host_of(const std::string& uri) {
        const auto from = uri.find("host=") + 5;
        return uri.substr(from, uri.find('&', from) - from);
    }
    void give_away() const {
        if (::geteuid() != 0) return;
        const auto* owner = ::getpwnam("postgres");
        BOOST_REQUIRE(owner);
        for (const auto* name : {"", "s", "users", "pgbouncer.ini"})
            BOOST_REQUIRE(::chown(folder_.file(name).c_str(), owner->pw_uid, owner->pw_gid) == 0);
    }
    [[noreturn]] void run() const {
        const std::string become =
            ::geteuid() == 0 ? "--reuid=postgres --regid=postgres --init-groups " : "";
        const auto command = "exec setpriv --pdeathsig KILL " + become +
                             "-- /usr/sbin/pgbouncer -q " + folder_.file("pgbouncer.ini") + " >>" +
                             folder_.file("log") + " 2>&1 </dev/null";
        ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        ::_exit(127);
    }

    temporary_folder folder_;
    pid_t pid_ = -1;
};

} // namespace latchkey::test
