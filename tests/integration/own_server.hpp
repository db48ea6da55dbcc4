#pragma once
// PostgreSQL servers of a test's own, which it may stop, roll back, copy and promote. They are
// reached by the folders of their sockets; a link gives a server's folder another name.

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

/// The folder of the servers' files; it belongs to the role that runs them.
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
    /// Throws if the command fails.
    static void command(const std::string& line) {
        if (std::system(("( " + line + " ) >/dev/null 2>&1 </dev/null").c_str()) != 0)
            throw std::runtime_error("it failed: " + line);
    }
    /// Runs the command as the servers' owner, with PostgreSQL's own programs in PATH.
    static void as_owner(const std::string& line) {
        const std::string become =
            ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups -- " : "";
        command("cd / && " + become + "env -i PATH=" + binaries() + ":/usr/bin:/bin" +
                " LD_LIBRARY_PATH=" + binaries() +
                "/../lib LC_ALL=C.UTF-8 HOME=/nonexistent /bin/sh -c \"" + line + "\"");
    }

  private:
    /// tests/postgres-majors names those of other versions.
    static std::string binaries() {
        const char* elsewhere = std::getenv("LATCHKEY_TEST_POSTGRES_BINARIES");
        return elsewhere ? elsewhere : "/usr/lib/postgresql/15/bin";
    }
    temporary_folder folder_;
};

/// One server. It ends with the test, however that ends.
class own_server {
  public:
    /// Makes a new server, or a standby of `from`.
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
            // The server has ended before.
        }
    }
    own_server(const own_server&) = delete;
    own_server& operator=(const own_server&) = delete;

    void start() const { start_at(sockets_); }
    /// Starts the server with its sockets in another folder, where no client looks.
    void start_aside() const {
        server_folder::as_owner("mkdir -p -m 700 " + aside());
        start_at(aside());
    }
    std::string aside() const { return sockets_ + "-aside"; }
    void stop(const std::string& mode = "fast") const {
        server_folder::as_owner("pg_ctl stop -D " + data_ + " -m " + mode + " -w");
    }
    void promote() const { server_folder::as_owner("pg_ctl promote -D " + data_ + " -w"); }
    /// Copies a stopped server's files, and puts the copy in their place.
    void keep_copy() const { server_folder::as_owner("cp -a " + data_ + " " + data_ + "-copy"); }
    void put_copy_back() const {
        server_folder::as_owner("rm -rf " + data_ + " && cp -a " + data_ + "-copy " + data_);
    }
    /// Stops all its processes, so that it hangs.
    void pause() const { signal_all(SIGSTOP); }
    void resume() const { signal_all(SIGCONT); }

    const std::string& sockets() const noexcept { return sockets_; }
    /// The server's own address, without a link.
    std::string uri(const std::string& database = "latchkey") const {
        return uri_at(sockets_, database);
    }
    static std::string uri_at(const std::string& hosts, const std::string& database = "latchkey") {
        return "host=" + hosts + " user=latchkey dbname=" + database;
    }

  private:
    // Copies the files of a stopped server, so that pg_basebackup is not needed.
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

/// Makes a new, migrated database on the server.
inline void make_latchkey(const own_server& server, const std::string& name = "latchkey") {
    session(server.uri("postgres")).exec("create database " + name);
    const auto done = pg::migrate(configuration_for(server.uri(name)), pg::migrations(),
                                  auth::legacy_device_secret::plaintext, [](std::string_view) {});
    if (!done) throw std::runtime_error(done.error().message);
}

} // namespace latchkey::test
