#pragma once
// How long cached answers may still be used, for the log and the status.

#include <latchkey/core/clock.hpp>

#include <optional>
#include <string>

namespace latchkey::server {

/// Returns how long cached answers last if no further poll of the feed succeeds; nullopt if they
/// have ended, or never began. `fresh`: consistency::freshness().
std::optional<core::nanoseconds> cached_answers_last(const core::moment& fresh,
                                                     const core::moment& now,
                                                     core::nanoseconds max_staleness);

/// Returns "cached answers end in 38 s" or "cached answers have ended". Seconds are rounded down.
std::string sentence_of(const std::optional<core::nanoseconds>& rest);

/// Notices when cached answers end and when they begin again. For one thread.
class cached_answers_watch {
  public:
    enum class news { none, ended, began_again };
    /// To be called about each second. `lasting`: whether they may be given now.
    news look(bool lasting, core::boot_time now) noexcept;
    /// How long there were none, after news::began_again.
    core::nanoseconds gap() const noexcept { return gap_; }

  private:
    std::optional<bool> lasting_; ///< nullopt: they have not begun
    core::boot_time ended_at_{};
    core::nanoseconds gap_{};
};

} // namespace latchkey::server
