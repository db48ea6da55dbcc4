#pragma once
// Which server the change feed is read from, as shown to an operator.

#include <latchkey/core/clock.hpp>
#include <latchkey/pg/connection/database_identity.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::pg {

/// The node gave up everything that it had cached, since changes may have been missed.
struct feed_reset {
    core::real_time at{};
    std::string why; ///< a sentence
};

struct server_place {
    std::string host; ///< the host connected to: a name, an address or a socket's folder
    std::string port;
    std::string name; ///< of the database
};

/// The server as it was at the last poll. Unknown texts are empty.
struct database_server : server_place {
    std::string system_identifier;
    std::uint32_t timeline = 0;           ///< 0: unknown
    std::optional<core::real_time> since; ///< the first poll of an unbroken row that it answered
    std::optional<feed_reset> last_reset; ///< since the process started, without the start
};

/// Updates database_server with each poll. Lives on the feed's thread.
class server_news {
  public:
    /// Records that a poll was answered. Returns true if another server, or another database of it,
    /// answered the poll before.
    bool answered(server_place, const database_identity&, core::real_time now);
    void lost(std::string why, core::real_time now);
    const database_server& latest() const noexcept { return latest_; }

  private:
    database_server latest_;
    std::string lineage_; ///< of the last poll's database
};

} // namespace latchkey::pg
