#pragma once
// Watches how quickly this machine serves a PostgreSQL server that no fault touches. A machine
// whose processes wait for seconds delays the nodes and their databases just as a fault does: for
// that time verdicts may be missing, but none may be wrong.

#include "cluster.hpp"
#include "recorder.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace latchkey::history {

inline const std::string machine_was_busy = "the machine was busy";

/// The server that is watched. All runs of one program share it.
class bystander {
  public:
    /// Starts it from a copy of `data`, in `folder`/bystander.
    bystander(const std::string& folder, const std::string& data);
    static std::string folder_in(const std::string& folder) { return folder + "/bystander"; }

  private:
    cluster server_;
};

/// Connects again and again on a thread of its own, until it is destroyed. Each connection that
/// takes longer than `slow` is recorded as a fault of all nodes.
class machine_watch {
  public:
    /// Less than the nodes' own deadlines of a second: of three things that they wait for in
    /// turn, each may be as slow as this.
    static constexpr std::chrono::milliseconds slow{300};

    machine_watch(const std::string& bystander_folder, recorder&);
    ~machine_watch();
    machine_watch(const machine_watch&) = delete;
    machine_watch& operator=(const machine_watch&) = delete;

  private:
    void watch(const std::string& conninfo);

    recorder& recorder_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

} // namespace latchkey::history
