#include "pg/feed/echo_sender.hpp"

#include "pg/feed/feed_statements.hpp"

#include <utility>

namespace latchkey::pg {

echo_sender::echo_sender(boost::asio::io_context& loop, const configuration& settings,
                         std::string channel, core::steady_time now)
    : settings_{settings, settings.feed_timeout, {}, {}, nullptr},
      channel_(std::move(channel)),
      conn_(std::make_unique<connection>(loop, settings_, log_, cells_, *this)) {
    what = &statements::notify_self;
    conn_->open(now);
}

void echo_sender::tick(core::steady_time now) {
    conn_->tick(now);
}

void echo_sender::connection_ready(connection& c) {
    parameters = {{channel_.c_str(), 0, false}};
    c.send(*this, c.opened_at());
}

void echo_sender::connection_closed(connection&, const std::string&, bool) {
    if (outcome_ == outcome::none_yet) outcome_ = outcome::failed;
}

} // namespace latchkey::pg
