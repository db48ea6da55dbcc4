#pragma once
// A real server process under test, and real sockets to talk to it. Everything here blocks for a
// bounded time, and ends the processes that it started.

#include "../support/temporary_folder.hpp"
#include "support_watch.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

/// A loopback port that a program may listen on, and that the system gives to nobody else
/// meanwhile: it is bound here with SO_REUSEADDR, as the program's socket is, but not listened on.
class reserved_port {
  public:
    reserved_port();
    ~reserved_port();
    reserved_port(const reserved_port&) = delete;
    reserved_port& operator=(const reserved_port&) = delete;
    int number() const noexcept { return number_; }

  private:
    int fd_;
    int number_ = 0;
};

/// One parsed answer.
struct answer {
    int status = 0;
    std::string head; ///< status line and fields
    std::string body;
    bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
    /// Returns a field's value; empty if there is no such field.
    std::string field(std::string_view name) const;
    boost::json::object json() const;
};

/// One connection.
class client {
  public:
    /// Connects by TCP from 127.0.0.`host`.
    explicit client(int port, int host = 1);
    /// Connects by a unix socket.
    explicit client(const std::string& path);
    ~client();
    client(client&&) noexcept;
    client& operator=(client&& other) noexcept;

    void send(std::string_view bytes);
    /// Returns one answer; its status is 0 if the connection ended before the answer was complete.
    /// `without_body`: for HEAD.
    answer receive(bool without_body = false);
    answer ask(std::string_view bytes) { return send(bytes), receive(); }
    /// Returns what one recv gives, at most 64 KiB, to test what the server sends at once.
    std::string receive_once();
    /// Whether something arrives within the time.
    bool has_answer(std::chrono::milliseconds within) const;
    /// Waits for a bounded time, and returns whether the server has closed the connection.
    bool closed();

  private:
    bool fill();
    std::string read_once();
    int fd_;
    std::string buffer_;
    std::unique_ptr<connection_watch> watch_;
};

std::string post(std::string_view path, std::string_view body, std::string_view fields = {});
std::string get(std::string_view path, std::string_view fields = {});
inline std::string verify(std::string_view body) {
    return post("/api/v1/auth/verify-api-key", body);
}

/// The program under test.
std::string latchkey_binary();

/// How long to wait for what must happen, also on a slow machine. It is no figure of the product.
constexpr std::chrono::seconds patience{20};

/// The output and the exit code of a program.
struct outcome {
    int exit_code = -1;
    std::string out;
    std::string err;
};
outcome run(const std::vector<std::string>& command,
            const std::vector<std::string>& environment = {});

/// Waits for the child. Returns its exit code and sets `child` to -1; returns -1 if it did not end
/// in time, or ended by a signal.
int wait_for_exit_of(pid_t& child, std::chrono::milliseconds within);

/// Properties of a server's process besides its configuration.
struct surroundings {
    int descriptors_max = 0;      ///< 0: as many as this process has
    std::string log{};            ///< empty: a file, which log() reads
    std::string program{};        ///< empty: the one under test
    std::string more_places{};    ///< for server.listen, beside the port and api_socket()
    std::string admin_settings{}; ///< lines of the section [admin]
};

/// `latchkey serve` on a free port, and on a unix socket beside it.
class server_process {
  public:
    /// `toml`: further lines of the configuration. Sections may not be repeated, so settings of
    /// [server] come in `server_settings`, and those of [database] in `database_settings`.
    explicit server_process(const std::string& database_uri,
                            const std::string& server_settings = {}, const std::string& toml = {},
                            const std::vector<std::string>& environment = {},
                            const std::string& database_settings = {}, const surroundings& = {});
    ~server_process(); ///< sends SIGKILL if it still runs
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    int port() const noexcept { return port_.number(); }
    pid_t pid() const noexcept { return pid_; }
    std::string config() const { return folder_.file("latchkey.toml"); }
    std::string log() const;
    /// Waits until its log has the text. Returns false if it did not in time.
    bool says(std::string_view text, std::chrono::milliseconds within = patience) const;
    std::string admin_socket() const { return folder_.file("admin.sock"); }
    std::string api_socket() const { return folder_.file("api.sock"); }
    /// The value of server.listen.
    const std::string& listen() const noexcept { return listen_; }

    client connect() const { return client(port()); }
    answer ask(std::string_view bytes) const { return connect().ask(bytes); }
    /// Polls until GET `path` has the status. Returns false if it did not within the time.
    bool wait_for(std::string_view path, int status,
                  std::chrono::milliseconds within = patience) const;
    /// Runs `latchkey …` against its admin socket.
    outcome command(std::vector<std::string> words) const;
    std::string create_organization(const std::string& id = {}) const;
    /// Returns the key itself.
    std::string create_key(const std::string& organization,
                           const std::vector<std::string>& options = {}) const;

    void signal(int number) const;
    /// Waits for its end. Returns the exit code, or -1 if it did not end in time.
    int wait_for_exit(std::chrono::milliseconds within = std::chrono::seconds(40));

  private:
    temporary_folder folder_;
    reserved_port port_;
    std::string listen_;
    pid_t pid_ = -1;
};

} // namespace latchkey::test
