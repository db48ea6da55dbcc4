#pragma once
// A PostgreSQL for one test, which may be killed.

#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>

namespace latchkey::test {

// A cluster that can be killed and started again. Everything that it acknowledged must survive.
class private_cluster {
  public:
    private_cluster() { start(); }
    ~private_cluster() { script("stop"); }
    private_cluster(const private_cluster&) = delete;
    private_cluster& operator=(const private_cluster&) = delete;

    void start() { BOOST_REQUIRE(script("start") == 0); }
    std::string variable(const std::string& name) const {
        std::ifstream file(folder_.file("postgres.env"));
        for (std::string line; std::getline(file, line);)
            if (const auto at = line.find(name + "='"); at != std::string::npos)
                return line.substr(at + name.size() + 2, line.size() - at - name.size() - 3);
        return {};
    }
    std::string uri() const { return variable("DATABASE_URL"); }
    /// Returns the postmaster's pid, also after a restart.
    std::string pid() const {
        std::ifstream file(variable("POSTGRES_DATA") + "/postmaster.pid");
        std::string line;
        std::getline(file, line);
        return line;
    }
    void signal(int number) const { ::kill(std::stoi(pid()), number); }
    /// Signals the postmaster and all its children, such as with SIGSTOP and SIGCONT.
    void signal_all(int number) const {
        const auto postmaster = pid();
        std::ifstream children("/proc/" + postmaster + "/task/" + postmaster + "/children");
        signal(number);
        for (int pid = 0; children >> pid;)
            ::kill(pid, number);
    }
    /// Starts it again on the same data after a crash.
    void restart() const {
        const auto data = variable("POSTGRES_DATA");
        const auto log = data + "/../log";
        const std::string command = "/usr/lib/postgresql/15/bin/pg_ctl start -D " + data + " -l " +
                                    log +
                                    " -w -o '-c listen_addresses= -c "
                                    "unix_socket_directories=" +
                                    variable("POSTGRES_SOCKET_DIR") + "'";
        const std::string as_owner =
            ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups " : "";
        // The dead postmaster's children need a moment to notice and to release the shared memory.
        int code = -1;
        for (int i = 0; i < 100 && code != 0; ++i) {
            code = run({"/bin/sh", "-c", "cd / && " + as_owner + command}).exit_code;
            if (code != 0) ::usleep(50'000);
        }
        BOOST_REQUIRE(code == 0);
    }

  private:
    int script(const std::string& verb) const {
        return run({"/bin/bash", LATCHKEY_SOURCE_DIR "/etc/private-postgres", verb,
                    folder_.file("").substr(0, folder_.file("").size() - 1)})
            .exit_code;
    }
    temporary_folder folder_;
};

} // namespace latchkey::test
