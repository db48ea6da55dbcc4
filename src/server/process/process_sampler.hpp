#pragma once
// The kernel's figures of this process, for process_* metrics. They are sampled on the control
// thread, so that no worker reads a file; any thread may collect them.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/metrics.hpp>

#include <atomic>
#include <cstdint>

namespace latchkey::server {

/// Returns the CPU time that all threads have used so far.
core::nanoseconds cpu_time_of_process() noexcept;

class process_sampler {
  public:
    explicit process_sampler(core::real_time started) : started_(started) {}

    /// Reads /proc/self. Control thread.
    void sample();

    void collect(core::metric_sink&) const;
    core::real_time started() const noexcept { return started_; }
    std::int64_t resident_bytes() const noexcept { return resident_bytes_.value(); }

  private:
    core::real_time started_;
    core::gauge cpu_microseconds_;
    core::gauge resident_bytes_;
    core::gauge virtual_bytes_;
    core::gauge open_fds_;
    core::gauge max_fds_;
    core::gauge threads_;
};

} // namespace latchkey::server
