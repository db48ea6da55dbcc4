#pragma once
// Two nodes, one primary and its streaming standby, and all that leads from one to the other.
//
//   node 0 ─ proxy ─┐                      one address: a link in the file system that can be moved
//   node 1 ─ proxy ─┴─ address ─ A ─ proxy ─ B          host=A,B: a proxy to each
//
// C is empty, and gets a restored dump, or becomes the standby of B after that was promoted.

#include "../end_to_end/faulty_proxy.hpp"
#include "../support/clock_of_another.hpp"
#include "base.hpp"
#include "cluster.hpp"
#include "schedule.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::history {

constexpr int nodes = 2;

/// A node, which may be stopped and started again while others ask it.
class node {
  public:
    /// `clock` is the file that says how far its clock is shifted; if empty, it cannot be shifted.
    node(std::string uri, std::string database, std::string toml, std::string clock);
    /// Null while there is none. Any thread.
    std::shared_ptr<test::server_process> process() const;
    void start();
    /// Ends it with the signal and starts it again.
    void restart(int signal);
    void shift_clock(int seconds) const;

  private:
    std::string uri_, database_, toml_;
    std::optional<test::clock_of_another> clock_;
    mutable std::mutex mutex_;
    std::shared_ptr<test::server_process> process_;
};

class world {
  public:
    world(const schedule&, const base&, const std::string& folder);
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    /// Of the database to which the address leads.
    std::string conninfo() const;
    /// Counts the moves of the address. After one, a writer must connect again.
    int moves() const noexcept { return moves_; }
    void move_address(const cluster& to);
    /// C becomes the standby of B, which was promoted.
    void rebuild_standby();
    /// The primary and its standby, or those that were so before the standby was promoted.
    cluster& primary() noexcept { return is_rebuilt_ ? b : a; }
    cluster& standby() noexcept { return is_rebuilt_ ? c : b; }
    void sever_replica();
    void stall(int node, bool stalled);
    void break_links();
    /// Returns a token for each subject that is one.
    std::map<std::string, std::string> issue_tokens() const;

    const base all;
    const std::string folder;
    cluster a;
    cluster b;
    cluster c;
    std::vector<std::unique_ptr<node>> node_of;

  private:
    std::string uri_of(const schedule&, int node);

    test::faulty_proxy from_a_, from_b_; ///< replication
    bool is_rebuilt_ = false;
    std::map<int, std::vector<std::unique_ptr<test::faulty_proxy>>> links_; ///< by node
    std::atomic<int> moves_{0};
};

} // namespace latchkey::history
