#pragma once
#include "arrivals.hpp"
#include "free_list.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace load {

/// Which request is sent when, and on which connection, in an open loop: a request that is due
/// waits here while no connection is free, and keeps the time at which it was due. No sockets, no
/// clock.
class open_loop {
  public:
    struct start {
        std::size_t connection;
        instant due;
    };

    open_loop(const arrivals::plan& plan, std::size_t connections);

    void is_free(std::size_t connection) { free_.add(connection); }
    void is_gone(std::size_t connection) { free_.remove(connection); }

    /// The request to send at this time, if there is one and a connection for it. Call it until
    /// there is none.
    std::optional<start> next(instant now);

    /// When `next` has something to say again; none: once a connection is free, or never.
    std::optional<instant> wakes_at() const;

    /// Requests that are due and have no connection.
    std::size_t backlog() const { return waiting_count_; }
    std::size_t backlog_max() const { return backlog_max_; }
    void forget_backlog_max() { backlog_max_ = backlog(); }

    /// Takes a waiting request off, to count it as never sent.
    std::optional<instant> give_up();

    bool is_over() const { return arrivals_.are_over() && waiting_count_ == 0; }

  private:
    void note_arrivals(instant now);
    void wait(instant due);
    instant first_waiting();

    arrivals arrivals_;
    free_list free_;
    std::vector<instant> waiting_; // a ring
    std::size_t waiting_first_ = 0;
    std::size_t waiting_count_ = 0;
    std::size_t backlog_max_ = 0;
};

} // namespace load
