#include <latchkey/pg/feed/change_feed.hpp>

#include "pg/feed/feed_reader.hpp"

namespace latchkey::pg {

change_feed::change_feed(boost::asio::io_context& loop, const configuration& settings,
                         node_identity node, auth::consistency& known, auth::change_sink& sink,
                         core::logger& log, std::function<auth::token_lives()> lives,
                         identity_fence* fence, auth::applied_changes* applied,
                         auth::remembered_revocations* remembered)
    : reader_(std::make_shared<feed_reader>(loop, settings, std::move(node), known, sink, log,
                                            std::move(lives), fence, applied, remembered)) {}

change_feed::~change_feed() {
    stop();
}

void change_feed::start() {
    reader_->start();
}
void change_feed::stop() {
    reader_->stop();
}
void change_feed::leave(std::function<void()> left) {
    reader_->leave(std::move(left));
}
void change_feed::set_settings(std::string json) {
    reader_->set_settings(std::move(json));
}

const std::string& change_feed::instance() const {
    return reader_->instance();
}
bool change_feed::start_over() {
    return reader_->start_over();
}
std::string change_feed::problem() const {
    return reader_->status().problem();
}
std::string change_feed::warning() const {
    return reader_->status().warning();
}
std::string change_feed::uri_problem() const {
    return reader_->status().uri_problem();
}
std::optional<core::nanoseconds> change_feed::clock_offset() const noexcept {
    return reader_->clock_offset();
}
database_server change_feed::server() const {
    return reader_->status().server();
}
audit_state change_feed::audit() const {
    return reader_->status().audit();
}
mirror_state change_feed::mirror() const {
    return reader_->status().mirror();
}
void change_feed::collect(core::metric_sink& sink) const {
    reader_->collect(sink);
}

} // namespace latchkey::pg
