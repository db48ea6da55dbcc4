#pragma once
#include "checker.hpp"
#include "connection.hpp"
#include "open_loop.hpp"
#include "question.hpp"
#include "tally.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace load {

/// What one thread does.
struct work {
    const mix& what;
    const target& to;
    const tls_client* tls;
    std::size_t connections;
    std::optional<double> rate;
    bool random_arrivals;
    instant timeout;
    std::uint64_t seed;
    std::size_t thread;
    std::size_t threads;
};

/// When all threads ask: from `begin`; what is due between `measured` and `end` counts. Answers are
/// waited for until `drained`.
struct period {
    instant begin;
    instant measured;
    instant end;
    instant drained;
};

/// One thread's connections, questions and counts. First `connect`, then `run`.
class worker final : private connection_events {
  public:
    explicit worker(const work& plan);

    /// Returns once all connections are open. Throws a fault.
    void connect();

    void run(const period& when);

    const tally& seen() const { return seen_; }

  private:
    using timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          boost::asio::io_context::executor_type>;

    void is_open(connection& which) override;
    void has_answer(connection& which) override;
    void was_closed(connection& which) override;
    void is_lost(connection& which, bool was_asked, const std::string& why) override;
    void cannot_open(connection& which, const std::string& why) override;

    void open_more();
    void use(connection& which, instant now);
    void ask(connection& which, instant due, instant now);
    void ask_what_is_due(instant now);
    void wake_when_due();
    void count(const connection& which, instant now);
    void count_wrong(const connection& which);
    void count_error(std::uint64_t& which, const std::string& why);
    bool measures(instant due) const { return due >= when_.measured && due < when_.end; }
    void look_around();
    void end_late_requests(instant now);
    void stop_if_done(instant now);
    void count_unanswered();

    work plan_;
    boost::asio::io_context context_;
    timer due_timer_;
    timer look_timer_;
    std::vector<char> input_;
    connection::surroundings around_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::vector<connection*> closed_; // to be opened again when it looks around
    question_draw questions_;
    checker checker_;
    std::optional<open_loop> loop_;
    tally seen_;
    period when_{};
    std::size_t opened_ = 0; // while it connects
    std::size_t opening_ = 0;
    std::string cannot_open_;
    std::size_t under_way_ = 0;
    bool runs_ = false;
    bool is_measuring_ = false;
    bool wakes_ = false;
};

} // namespace load
