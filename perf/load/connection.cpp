#include "connection.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace load {

namespace asio = boost::asio;
using boost::system::error_code;

connection::connection(const surroundings& around, std::size_t index)
    : around_(around), index_(index), socket_(around.context) {}

template <class Then>
void connection::wait(socket::wait_type what, Then then) {
    socket_.async_wait(what, [this, then, generation = generation_](error_code wrong) {
        if (!wrong && generation == generation_) (this->*then)();
    });
}

void connection::open() {
    close();
    error_code wrong;
    socket_.open(around_.to.endpoint.protocol(), wrong);
    if (!wrong) socket_.native_non_blocking(true, wrong);
    if (!wrong && around_.to.is_tcp) socket_.set_option(asio::ip::tcp::no_delay(true), wrong);
    if (wrong) return fail_to_open(wrong.message());
    socket_.async_connect(around_.to.endpoint, [this, generation = generation_](error_code failed) {
        if (generation != generation_) return;
        if (failed) return fail_to_open(failed.message());
        connected();
    });
}

void connection::close() {
    ++generation_;
    stream_.end();
    error_code ignored;
    socket_.close(ignored);
    is_open_ = is_busy_ = false;
    rest_.clear();
}

void connection::connected() {
    stream_.begin(socket_.native_handle(), around_.tls);
    shake_hands();
}

void connection::shake_hands() {
    switch (stream_.shake_hands()) {
    case outcome::done:
        is_open_ = true;
        wait(socket::wait_read, &connection::receive);
        return around_.events.is_open(*this);
    case outcome::again:
        return wait(socket::wait_read, &connection::shake_hands);
    case outcome::again_to_write:
        return wait(socket::wait_write, &connection::shake_hands);
    case outcome::closed:
        return fail_to_open("the server closed the connection during the TLS handshake");
    case outcome::failed:
        return fail_to_open(stream_.fault());
    }
}

void connection::ask(const asked& request, std::string_view bytes, bool without_body) {
    request_ = request;
    is_busy_ = true;
    reader_.begin(without_body);
    send(bytes);
}

void connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = stream_.write(bytes);
        if (sent.what == outcome::closed || sent.what == outcome::failed) return ended(sent.what);
        if (sent.what != outcome::done) {
            rest_ = std::string(bytes);
            return wait(socket::wait_write, &connection::send_rest);
        }
        bytes.remove_prefix(sent.bytes);
    }
}

void connection::send_rest() {
    const std::string rest = std::move(rest_);
    send(rest);
}

void connection::receive() {
    const auto generation = generation_;
    for (;;) {
        const auto got = stream_.read(around_.input);
        if (got.what == outcome::closed || got.what == outcome::failed) return ended(got.what);
        if (got.what != outcome::done) break;
        const bool was_busy = is_busy_;
        take(std::string_view(around_.input.data(), got.bytes));
        if (generation != generation_) return;
        const bool is_answered = was_busy && (!is_busy_ || !reader_.has_begun());
        const bool is_empty = !stream_.is_tls() && got.bytes < around_.input.size();
        if (is_answered || is_empty) break;
    }
    wait(socket::wait_read, &connection::receive);
}

void connection::take(std::string_view bytes) {
    if (!is_busy_) return lose("the server sent bytes that belong to no answer");
    switch (reader_.take(bytes)) {
    case answer_reader::state::partial:
        return;
    case answer_reader::state::broken:
        return lose(reader_.fault());
    case answer_reader::state::whole:
        is_busy_ = false;
        return around_.events.has_answer(*this);
    }
}

void connection::ended(outcome how) {
    if (!is_busy_) {
        close();
        return around_.events.was_closed(*this);
    }
    if (how == outcome::failed) return lose(stream_.fault());
    if (!reader_.has_begun()) return lose("the server closed the connection before it answered");
    if (reader_.closed() != answer_reader::state::whole) return lose(reader_.fault());
    is_busy_ = false;
    around_.events.has_answer(*this);
}

void connection::lose(const std::string& why) {
    const bool was_asked = is_busy_;
    close();
    around_.events.is_lost(*this, was_asked, why);
}

void connection::fail_to_open(const std::string& why) {
    close();
    around_.events.cannot_open(*this, why);
}

} // namespace load
