#pragma once
// Which server the feed of changes is read from: what an operator is told of it.

#include <latchkey/core/clock.hpp>
#include <latchkey/pg/connection/database_identity.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::pg {

/// Everything that was cached was given up, since changes may have been missed.
struct feed_reset {
    core::real_time at{};
    std::string why; ///< a sentence
};

/// As it was at the last poll. What is not known is empty.
struct database_server {
    std::string host; ///< as it was connected to: a name, an address or a socket's folder
    std::string port;
    std::string system_identifier;
    std::uint32_t timeline = 0;           ///< 0: not known
    std::optional<core::real_time> since; ///< of the first poll in a row that it answered
    std::optional<feed_reset> last_reset; ///< since the process started, but for the start itself
};

/// Keeps it as polls tell it. Lives on the feed's thread.
class server_news {
  public:
    /// A poll was answered. True: by another server than the one before.
    bool answered(std::string host, std::string port, const database_identity&,
                  core::real_time now);
    void lost(std::string why, core::real_time now);
    const database_server& latest() const noexcept { return latest_; }

  private:
    database_server latest_;
};

} // namespace latchkey::pg
