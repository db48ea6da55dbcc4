#pragma once
// For how long what is cached may still be answered with: what the log and the status say of it.

#include <latchkey/core/clock.hpp>

#include <optional>
#include <string>

namespace latchkey::server {

/// How long cached answers last if no poll of the feed succeeds any more; nothing: they have ended,
/// or never began. `fresh`: consistency::freshness().
std::optional<core::nanoseconds> cached_answers_last(const core::moment& fresh,
                                                     const core::moment& now,
                                                     core::nanoseconds max_staleness);

/// "cached answers end in 38 s" or "cached answers have ended". Whole seconds, rounded down.
std::string sentence_of(const std::optional<core::nanoseconds>& rest);

/// Notices when they end and begin again. Decides; one thread.
class cached_answers_watch {
  public:
    enum class news { none, ended, began_again };
    /// Each second or so. `lasting`: they may be given now.
    news look(bool lasting, core::boot_time now) noexcept;
    /// For how long there were none, when they have begun again.
    core::nanoseconds gap() const noexcept { return gap_; }

  private:
    std::optional<bool> lasting_; ///< nothing: they have not begun
    core::boot_time ended_at_{};
    core::nanoseconds gap_{};
};

} // namespace latchkey::server
