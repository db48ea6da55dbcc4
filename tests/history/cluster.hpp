#pragma once
// One PostgreSQL of the harness's own, in a folder: started, hung, killed, filled up, promoted.

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::history {

/// Runs to its end as the user postgres, if we are root; throws what it said when it failed.
void run_as_owner(const std::vector<std::string>& command);
/// As we are.
void run_here(const std::vector<std::string>& command,
              const std::vector<std::string>& environment = {});

/// The postmaster is a child of ours and dies with us. Of one thread, which outlives it.
class cluster {
  public:
    /// `folder`/data holds its files; its socket comes into `folder`/s.
    explicit cluster(std::string folder);
    ~cluster() { kill(); }
    cluster(const cluster&) = delete;
    cluster& operator=(const cluster&) = delete;

    /// initdb.
    void create();
    /// And waits until it answers; throws when it does not. `settings`: NAME=VALUE.
    void start(const std::vector<std::string>& settings = {});
    bool is_running();
    void kill();      ///< SIGKILL; its children notice
    void shut_down(); ///< cleanly
    void signal_all(int number) const;
    /// No file can be written beyond so many bytes; -1: as far as one likes.
    void limit_files(long bytes) const;
    void promote();
    /// Its data is `other`'s from now on; neither is running.
    void become_copy_of(const std::string& other_data);
    /// It will start as a standby that hears from `port` of 127.0.0.1.
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
