#include "pg/feed/feed_echo.hpp"

#include "pg/feed/feed_statements.hpp"
#include "pg/statements.hpp"

#include <algorithm>

namespace latchkey::pg {

feed_echo::feed_echo(boost::asio::io_context& loop, const configuration& settings,
                     const feed_query::refusal& refused)
    : listen(statements::listen_for_changes, nullptr, refused),
      listen_to_self(listen_to_self_statement_, nullptr, refused),
      notify_self(statements::notify_self, nullptr, refused),
      loop_(loop),
      settings_(settings) {}

void feed_echo::name_channel(std::string_view instance_id) {
    channel_ = "latchkey_node_" + std::string(instance_id);
    std::ranges::replace(channel_, '-', '_');
    listen_to_self_text_ = "listen " + channel_;
    listen_to_self_statement_.text = listen_to_self_text_.c_str();
}

void feed_echo::restart(connection& c, core::steady_time now) {
    listen_on(c, now);
    watch_.restart();
}

void feed_echo::listen_on(connection& c, core::steady_time now) {
    listen.send(&c, now);
    listen_to_self.send(&c, now);
}

void feed_echo::tick(core::steady_time now) {
    if (!sender_) return;
    sender_->tick(now);
    if (sender_->ended() == echo_sender::outcome::failed) watch_.not_sent();
    if (sender_->ended() != echo_sender::outcome::none_yet) sender_.reset();
}

echo_watch::step feed_echo::look(connection& c, bool is_alone, core::steady_time now) {
    const auto step = watch_.next(now, is_alone);
    if (step == echo_watch::step::listen_again) listen_on(c, now);
    if (step == echo_watch::step::send) send(c, now);
    return step;
}

void feed_echo::send(connection& c, core::steady_time now) {
    watch_.sent(now);
    if (c.pooled()) {
        sender_ = std::make_unique<echo_sender>(loop_, settings_, channel_, now);
        return;
    }
    notify_self.values = {channel_};
    notify_self.send(&c, now);
}

} // namespace latchkey::pg
