#pragma once
// Log lines to standard error: JSON for programs, text on a terminal. Writing may block on a slow
// reader, so a thread of its own does it; lines wait in a bounded queue, and what does not fit is
// counted and told.

#include "server/settings/configuration.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace latchkey::server {

/// `{"time":…,"level":…,"message":…,<fields>}` with a line feed, or `time LEVEL message
/// key=value…`. What a terminal would not show as it is stands escaped (core/printable.hpp).
std::string format_log_line(bool json, core::real_time now, core::log_level level,
                            std::string_view message, std::span<const core::log_field> fields);

/// Any thread. The destructor writes what waits, as long as somebody reads.
class log_writer final : public core::logger {
  public:
    static constexpr std::size_t waiting_bytes_max = 1 << 20;

    log_writer(const log_configuration&, int descriptor);
    ~log_writer() override;
    log_writer(const log_writer&) = delete;
    log_writer& operator=(const log_writer&) = delete;

    void write(core::log_level level, std::string_view message,
               std::span<const core::log_field> fields) noexcept override;

    void set_level(core::log_level level) noexcept { level_ = level; }

    void collect(core::metric_sink&) const;

  private:
    void run();
    std::uint64_t put(std::string_view text) noexcept; ///< lines that were lost
    bool tell_of(std::uint64_t dropped) noexcept;
    bool may_give_up() noexcept;

    std::atomic<core::log_level> level_;
    const bool json_;
    const int descriptor_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::string waiting_;
    std::uint64_t dropped_ = 0; ///< not yet told
    std::uint64_t dropped_total_ = 0;
    bool ending_ = false;
    std::thread thread_;
};

} // namespace latchkey::server
