#pragma once
// The history while it is being made. All calls may be made on any thread.

#include "history.hpp"
#include "settle.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace latchkey::history {

class recorder {
  public:
    explicit recorder(std::map<std::string, std::string> initial) {
        history_.initial = std::move(initial);
    }
    moment now() const { return std::chrono::steady_clock::now() - begun_; }

    int begin_write(std::string subject, std::string code, std::string by);
    void end_write(int id, outcome how, bool everywhere = false);
    void add(read);
    /// The subjects that were written last: their changes are the interesting ones.
    std::vector<std::string> newest(std::size_t count) const;
    /// The writes that were to lead to that code, and their subjects.
    std::vector<std::pair<int, std::string>> writes_of(const std::string& code) const;
    /// Whether the last write of the subject is acknowledged.
    bool is_acknowledged(const std::string& subject) const;

    /// Records that something is broken, until end_fault with the same name and node. `from` says
    /// since when.
    void begin_fault(fault);
    void end_fault(const std::string& name, int node = -1);
    /// Records a fault that takes no time.
    void mark_fault(fault);
    /// Records one that is over, with its own begin and end.
    void add_fault(fault);

    /// An operator has accepted the database as it is.
    void add_accepted(span when);

    void settle_event(const survivors& there, span when);
    /// `there` was asked for at that time or later, while nothing happened.
    void settle_past(const survivors& there, moment asked);
    /// Call when the address has moved: until now, writes that the promotion lost could still be
    /// seen.
    void lost_until_now();
    /// Ends the run and returns its history.
    history take(const survivors& there);

  private:
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    mutable std::mutex mutex_;
    history history_;
    std::vector<span> events_; ///< that may have lost writes, in their order
};

} // namespace latchkey::history
