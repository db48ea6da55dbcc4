#pragma once
// PostgreSQL servers of a test's own, to be stopped, rolled back, copied and promoted. In place of
// an address they have folders with their sockets, and a link may lead from one name to another
// folder.

#include "../support/temporary_folder.hpp"
#include "support.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

namespace latchkey::test {

/// The folder of some servers, their owner's.
class server_folder {
  public:
    server_folder() {
        if (::geteuid() == 0) command("chown postgres " + path());
    }
    std::string path() const {
        const auto some = folder_.file("x");
        return some.substr(0, some.size() - 2);
    }
    std::string file(const std::string& name) const { return folder_.file(name); }
    /// Throws, if it fails.
    static void command(const std::string& line) {
        if (std::system(("( " + line + " ) >/dev/null 2>&1 </dev/null").c_str()) != 0)
            throw std::runtime_error("it failed: " + line);
    }
    /// As the owner of the servers, with PostgreSQL's own programs at hand.
    static void as_owner(const std::string& line) {
        const std::string become =
            ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups -- " : "";
        command("cd / && " + become + "env -i PATH=" + binaries() + ":/usr/bin:/bin" +
                " LD_LIBRARY_PATH=" + binaries() +
                "/../lib LC_ALL=C.UTF-8 HOME=/nonexistent /bin/sh -c \"" + line + "\"");
    }

  private:
    /// Of another major, where tests/postgres-majors names them.
    static std::string binaries() {
        const char* elsewhere = std::getenv("LATCHKEY_TEST_POSTGRES_BINARIES");
        return elsewhere ? elsewhere : "/usr/lib/postgresql/15/bin";
    }
    temporary_folder folder_;
};

/// One of them. Ended with the test, however that ends.
class own_server {
  public:
    /// Makes it, unless `from` is to be followed as a standby.
    own_server(const server_folder& where, const std::string& name,
               const own_server* from = nullptr)
        : data_(where.file(name)), sockets_(where.file(name + "-socket")) {
        server_folder::as_owner("mkdir -m 700 " + sockets_);
        if (from)
            copy(*from);
        else
            server_folder::as_owner("initdb -D " + data_ +
                                    " -U latchkey -A trust -E UTF8 --locale=C.UTF-8 "
                                    "--no-instructions -N");
        start();
    }
    ~own_server() {
        try {
            resume();
            stop("immediate");
        } catch (const std::exception&) {
            // It has ended before.
        }
    }
    own_server(const own_server&) = delete;
    own_server& operator=(const own_server&) = delete;

    void start() const { start_at(sockets_); }
    /// Where nobody looks for it.
    void start_aside() const {
        server_folder::as_owner("mkdir -p -m 700 " + aside());
        start_at(aside());
    }
    std::string aside() const { return sockets_ + "-aside"; }
    void stop(const std::string& mode = "fast") const {
        server_folder::as_owner("pg_ctl stop -D " + data_ + " -m " + mode + " -w");
    }
    void promote() const { server_folder::as_owner("pg_ctl promote -D " + data_ + " -w"); }
    /// Of a stopped one, its files; and in their place again.
    void keep_copy() const { server_folder::as_owner("cp -a " + data_ + " " + data_ + "-copy"); }
    void put_copy_back() const {
        server_folder::as_owner("rm -rf " + data_ + " && cp -a " + data_ + "-copy " + data_);
    }
    /// With all its children: it hangs.
    void pause() const { signal_all(SIGSTOP); }
    void resume() const { signal_all(SIGCONT); }

    const std::string& sockets() const noexcept { return sockets_; }
    /// By itself, whatever leads to it.
    std::string uri(const std::string& database = "latchkey") const {
        return uri_at(sockets_, database);
    }
    static std::string uri_at(const std::string& hosts, const std::string& database = "latchkey") {
        return "host=" + hosts + " user=latchkey dbname=" + database;
    }

  private:
    // Where there is a server, pg_basebackup need not be.
    void copy(const own_server& from) const {
        from.stop();
        server_folder::as_owner("cp -a " + from.data_ + " " + data_ + " && touch " + data_ +
                                "/standby.signal");
        std::ofstream(data_ + "/postgresql.auto.conf", std::ios::app)
            << "primary_conninfo = 'host=" << from.sockets_ << " user=latchkey'\n";
        from.start();
    }
    void start_at(const std::string& folder) const {
        server_folder::as_owner(
            "pg_ctl start -D " + data_ + " -l " + data_ + ".log -w -o '-c listen_addresses= -c " +
            "unix_socket_directories=" + folder +
            " -c fsync=off -c shared_buffers=16MB -c max_connections=60 -c autovacuum=off -c " +
            "hot_standby_feedback=on -c wal_retrieve_retry_interval=100ms'");
    }
    void signal_all(int number) const {
        std::ifstream file(data_ + "/postmaster.pid");
        int postmaster = 0;
        if (!(file >> postmaster)) return;
        const auto id = std::to_string(postmaster);
        std::ifstream children("/proc/" + id + "/task/" + id + "/children");
        ::kill(postmaster, number);
        for (int pid = 0; children >> pid;)
            ::kill(pid, number);
    }

    std::string data_;
    std::string sockets_;
};

inline pg::configuration configuration_for(const std::string& uri) {
    pg::configuration out;
    out.uri = crypto::secret(std::string(uri));
    return out;
}

/// A new, migrated database there.
inline void make_latchkey(const own_server& server, const std::string& name = "latchkey") {
    session(server.uri("postgres")).exec("create database " + name);
    const auto done = pg::migrate(configuration_for(server.uri(name)), pg::migrations(),
                                  auth::legacy_device_secret::plaintext, [](std::string_view) {});
    if (!done) throw std::runtime_error(done.error().message);
}

} // namespace latchkey::test
