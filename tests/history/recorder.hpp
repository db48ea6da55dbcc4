#pragma once
// The history while it is being made. Any thread may add to it.

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
    /// The last subjects written: what they become is what matters.
    std::vector<std::string> newest(std::size_t count) const;
    /// Of the writes of admin commands, which leave no mark of their own.
    std::vector<std::pair<int, std::string>> writes_by(const std::string& writer) const;

    /// Is broken from now on, until end_fault of the same name and node. `from`: since when.
    void begin_fault(fault);
    void end_fault(const std::string& name, int node = -1);
    /// An event that takes no time.
    void mark_fault(fault);

    void settle_event(const survivors& there, span when);
    /// The address has moved: what the promotion lost was still to be had until now.
    void lost_until_now();
    /// The end of the run.
    history take(const survivors& there);

  private:
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    mutable std::mutex mutex_;
    history history_;
    moment last_event_{-1};
};

} // namespace latchkey::history
