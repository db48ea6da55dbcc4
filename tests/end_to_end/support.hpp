#pragma once
// A real server process under test, and real sockets to talk to it. Everything here blocks, with
// bounds, and ends what it started.

#include "../support/temporary_folder.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

/// A port of loopback that a program may listen on, and that nobody else is given meanwhile: it is
/// bound here, not listened on, with SO_REUSEADDR, as the program's own socket is.
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
    /// A field's value; empty when it is not there.
    std::string field(std::string_view name) const;
    boost::json::object json() const;
};

/// One connection.
class client {
  public:
    /// By TCP; from 127.0.0.`host`.
    explicit client(int port, int host = 1);
    /// By a unix socket.
    explicit client(const std::string& path);
    ~client();
    client(client&&) noexcept;
    client& operator=(client&& other) noexcept;

    void send(std::string_view bytes);
    /// One answer; status 0 when the connection ended before it was whole. `without_body` for HEAD.
    answer receive(bool without_body = false);
    answer ask(std::string_view bytes) { return send(bytes), receive(); }
    /// What one recv gives, at most 64 KiB: for what must come in one send.
    std::string receive_once();
    /// Does something come within the time?
    bool has_answer(std::chrono::milliseconds within) const;
    /// Has the server closed? Waits for it, bounded.
    bool closed();

  private:
    bool fill();
    int fd_;
    std::string buffer_;
};

std::string post(std::string_view path, std::string_view body, std::string_view fields = {});
std::string get(std::string_view path, std::string_view fields = {});
inline std::string verify(std::string_view body) {
    return post("/api/v1/auth/verify-api-key", body);
}

/// The program under test.
std::string latchkey_binary();

/// How long to wait for what must come: on a slow machine too. It is no figure of the product.
constexpr std::chrono::seconds patience{20};

/// What a program printed and how it ended.
struct outcome {
    int exit_code = -1;
    std::string out;
    std::string err;
};
outcome run(const std::vector<std::string>& command,
            const std::vector<std::string>& environment = {});

/// A child's exit code, and the child is -1; or -1 when it did not end in time, or by a signal.
int wait_for_exit_of(pid_t& child, std::chrono::milliseconds within);

/// What a server is given besides its configuration.
struct surroundings {
    int descriptors_max = 0;   ///< 0: as many as we have
    std::string log{};         ///< empty: a file, which log() reads
    std::string program{};     ///< empty: the one under test
    std::string more_places{}; ///< of server.listen, beside the port and api_socket()
};

/// `latchkey serve` on a free port, and on a unix socket beside it.
class server_process {
  public:
    /// `toml`: further lines of the configuration; sections may not be repeated, so keys of
    /// [server] come in `server_keys`.
    explicit server_process(const std::string& database_uri, const std::string& server_keys = {},
                            const std::string& toml = {},
                            const std::vector<std::string>& environment = {},
                            const std::string& database_keys = {}, const surroundings& = {});
    ~server_process(); ///< SIGKILL, when it still runs
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    int port() const noexcept { return port_.number(); }
    pid_t pid() const noexcept { return pid_; }
    std::string config() const { return folder_.file("latchkey.toml"); }
    std::string log() const;
    /// Waits until its log has the text; false when it did not in time.
    bool says(std::string_view text, std::chrono::milliseconds within = patience) const;
    std::string admin_socket() const { return folder_.file("admin.sock"); }
    std::string api_socket() const { return folder_.file("api.sock"); }
    /// server.listen
    const std::string& listen() const noexcept { return listen_; }

    client connect() const { return client(port()); }
    answer ask(std::string_view bytes) const { return connect().ask(bytes); }
    /// Polls until GET `path` has the status; false when it did not within the time.
    bool wait_for(std::string_view path, int status,
                  std::chrono::milliseconds within = patience) const;
    /// Runs `latchkey …` against its admin socket.
    outcome command(std::vector<std::string> words) const;
    std::string create_organization(const std::string& id = {}) const;
    /// The key itself.
    std::string create_key(const std::string& organization,
                           const std::vector<std::string>& options = {}) const;

    void signal(int number) const;
    /// Waits for its end; the exit code, or -1 when it did not end in time.
    int wait_for_exit(std::chrono::milliseconds within = std::chrono::seconds(40));

  private:
    temporary_folder folder_;
    reserved_port port_;
    std::string listen_;
    pid_t pid_ = -1;
};

} // namespace latchkey::test
