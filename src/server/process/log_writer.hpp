#pragma once
// Writes log lines to standard error: JSON for programs, text on a terminal. A slow reader may
// block the write, so a separate thread does it. Lines wait in a bounded queue; lines that do not
// fit are counted, and their number is logged.

#include "server/settings/configuration.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace latchkey::server {

/// Returns `{"time":…,"level":…,"message":…,<fields>}` or `time LEVEL message name=value…`, with a
/// line feed. Characters that a terminal would obey are escaped (core/text/printable.hpp).
std::string format_log_line(bool json, core::real_time now, core::log_level level,
                            std::string_view message, std::span<const core::log_field> fields);

/// True if what is written to the descriptor goes to systemd's journal: `stream`, the variable
/// JOURNAL_STREAM, names its device and inode (systemd.exec(5)).
bool is_journal(int descriptor, const char* stream);

/// May be called on any thread. The destructor writes the waiting lines, unless nobody reads.
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

    /// How many lines were lost so far, and when the last one was; nullopt: none.
    struct loss {
        std::uint64_t lines = 0;
        core::boot_time last{};
    };
    std::optional<loss> lost() const;

    void collect(core::metric_sink&) const;

  private:
    void run();
    std::uint64_t put(std::string_view text) noexcept; ///< returns the number of lost lines
    bool tell_of(std::uint64_t dropped) noexcept;
    bool may_give_up() noexcept;

    std::atomic<core::log_level> level_;
    const bool json_;
    const int descriptor_;
    const bool journal_; ///< it is the journal's: lines begin with their priority (sd-daemon(3))
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::string waiting_;
    std::uint64_t dropped_ = 0; ///< not yet logged
    std::uint64_t dropped_total_ = 0;
    core::boot_time dropped_at_{};
    bool ending_ = false;
    std::thread thread_;
};

} // namespace latchkey::server
