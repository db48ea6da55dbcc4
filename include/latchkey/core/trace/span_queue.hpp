#pragma once
// Spans that have ended, on their way to a collector. The queue is bounded: what does not fit is
// counted and lost, and nobody waits.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/trace/trace_context.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::core {

/// The numbers are OTLP's.
enum class span_kind { internal = 1, server = 2, client = 3 };

/// Views are of texts that live for ever. No member may hold a credential or a subject.
struct trace_span {
    trace_context id;         ///< with the span's own id
    std::uint64_t parent = 0; ///< 0: it is the trace's first
    span_kind kind = span_kind::internal;
    std::string_view name{};
    std::string_view method{}; ///< of HTTP
    std::string_view route{};  ///< a template; empty if there is none
    int status = 0;            ///< of HTTP; 0: none
    std::string_view system{}; ///< of a database
    std::string server{};      ///< the host that was asked
    bool failed = false;
    real_time begin{};
    real_time end{};
};

/// Any thread.
class span_queue {
  public:
    explicit span_queue(std::size_t waiting_max) : waiting_max_(waiting_max) {}

    void push(trace_span);
    /// Returns the oldest ones, at most so many.
    std::vector<trace_span> take(std::size_t at_most);
    std::size_t waiting() const;
    /// How many did not fit.
    std::uint64_t dropped() const;

  private:
    const std::size_t waiting_max_;
    mutable std::mutex mutex_;
    std::deque<trace_span> waiting_;
    std::uint64_t dropped_ = 0;
};

} // namespace latchkey::core
