#pragma once
// One PostgreSQL server of the harness's own, in a folder: it can be started, hung, killed, filled
// up, promoted.

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::history {

/// Runs the command to its end, as the user postgres if we are root. Throws its output if it fails.
void run_as_owner(const std::vector<std::string>& command);
/// The same, as the present user.
void run_here(const std::vector<std::string>& command,
              const std::vector<std::string>& environment = {});

/// Makes a cluster's folder with that of its socket, for the server's user.
void make_cluster_folder(const std::string& folder);

/// The postmaster is a child process and ends with us. Used on one thread, which outlives it.
class cluster {
  public:
    /// Its files are in `folder`/data, its socket in `folder`/s.
    explicit cluster(std::string folder);
    ~cluster() { kill(); }
    cluster(const cluster&) = delete;
    cluster& operator=(const cluster&) = delete;

    /// Runs initdb.
    void create();
    /// Starts it and waits until it answers; throws if it does not. `settings` are NAME=VALUE.
    void start(const std::vector<std::string>& settings = {});
    bool is_running();
    void kill();      ///< SIGKILL; its children notice
    void shut_down(); ///< cleanly
    void signal_all(int number) const;
    /// Limits the size of every file in bytes; -1 removes the limit.
    void limit_files(long bytes) const;
    void promote();
    /// Replaces its data by that of `other_data`. Neither server may be running.
    void become_copy_of(const std::string& other_data);
    /// Replaces its data by a copy of a running primary, which it follows by `port`.
    void become_standby_of(const cluster& primary, int port);
    /// Makes it start as a standby of the server at `port` of 127.0.0.1.
    void follow(int port) const;

    const std::string& folder() const noexcept { return folder_; }
    std::string data() const { return folder_ + "/data"; }
    std::string socket() const { return folder_ + "/s/.s.PGSQL.5432"; }
    std::string conninfo(const std::string& database = "latchkey") const;
    std::string log() const;

  private:
    std::vector<pid_t> all() const;
    void launch(const std::vector<std::string>& settings);
    bool answers();

    std::string folder_;
    pid_t pid_ = -1;
};

} // namespace latchkey::history
