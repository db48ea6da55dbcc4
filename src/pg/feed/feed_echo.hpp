#pragma once
// Listens to the feed's notifications, and sends the echoes that echo_watch decides on.

#include "pg/connection/connection.hpp"
#include "pg/feed/echo_sender.hpp"
#include "pg/feed/echo_watch.hpp"
#include "pg/feed/feed_query.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/pg/configuration.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace latchkey::pg {

/// Lives on the feed's thread.
class feed_echo {
  public:
    /// `refused` is told of what the server refuses.
    feed_echo(boost::asio::io_context&, const configuration&, const feed_query::refusal& refused);

    /// Listens on a channel of its own, named after this process. Call it once, at the start.
    void name_channel(std::string_view instance_id);
    /// For a new connection.
    void restart(connection&, core::steady_time now);
    /// Returns true if the notification is an echo.
    bool is_own(std::string_view channel) const noexcept { return channel == channel_; }
    /// Returns true if the echo before had not returned.
    bool heard() noexcept { return watch_.heard(); }
    bool is_silent() const noexcept { return watch_.is_silent(); }

    /// Handles an echo that is being sent.
    void tick(core::steady_time now);
    /// Does what is due on the connection, which must have room, and returns what that was.
    /// `is_alone`: no poll is under way or soon due.
    echo_watch::step look(connection&, bool is_alone, core::steady_time now);
    void stop() noexcept { sender_.reset(); }

    // --- for the reader, which sends queries that wait and shows their complaints ---
    feed_query listen;
    feed_query listen_to_self;
    feed_query notify_self;

  private:
    void listen_on(connection&, core::steady_time now);
    void send(connection&, core::steady_time now);

    boost::asio::io_context& loop_;
    const configuration& settings_;
    echo_watch watch_;
    std::unique_ptr<echo_sender> sender_; ///< behind a pooler, while an echo is under way
    std::string channel_;                 ///< only this process listens to it
    std::string listen_to_self_text_;
    statement listen_to_self_statement_{"listen_to_self", "", 0};
};

} // namespace latchkey::pg
