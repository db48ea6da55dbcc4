#include "http/session.hpp"

#include "http/request_line_of_log.hpp"
#include "http/request_span.hpp"

#include <latchkey/http/probe_answered.hpp>

#include <chrono>

namespace latchkey::http {

namespace {

client_origin origin_of(const connection_origin& from, const trust& believed) {
    client_origin out(from.client, believed);
    out.listener = from.listener;
    out.process = from.process;
    out.named = from.named;
    return out;
}

} // namespace

session::session(int fd, service& host, const connection_origin& from,
                 std::coroutine_handle<> frame)
    : host_(host),
      trust_(host.trust),
      origin_(origin_of(from, *trust_)),
      connection_(fd, host, frame),
      reader_(connection_, host) {}

// In this file and its siblings, a co_await stands alone in its statement: g++ 12 miscompiles it
// within && and ?:. The loop is flat: a request that needs no waiting suspends once, to receive.
task<bool> session::run() {
    using state = request_reader::state;
    if (connection_.transport().tls() && !connection_.broken()) {
        const auto shaken = co_await shake_hands(connection_, host_);
        heed(shaken);
    }
    while (!ending_ && !connection_.broken()) {
        auto found = reader_.look();
        if (found == state::no_body) found = co_await reader_.read_body();
        if (found == state::refused) refuse(reader_.why(), reader_.asked());
        if (found == state::no_head) {
            // Send all answers before waiting.
            co_await connection_.flush();
            if (may_wait()) co_await connection_.receive();
        }
        if (found != state::whole) continue;

        connection_.begin(phase::busy);
        const auto& asked = reader_.asked();
        const auto begun = core::boot_clock::now();
        const auto output_before = connection_.buffers.out.size();
        exchange ex(asked, keep_or_make_id(asked.get(field::x_request_id)), connection_.buffers.out,
                    host_.terms, !asked.keep_alive, answer_);
        begin_answer(ex, begun);
        while (auto* awaited = ex.take_pending()) {
            const auto what = ex.trace.is_sampled() ? awaited->awaited() : std::string_view();
            const auto since = what.empty() ? core::boot_time() : core::boot_clock::now();
            co_await answer_;
            ex.as_of = core::boot_clock::now();
            if (!what.empty()) record_wait(*host_.tracer, ex.trace, what, since, ex.as_of);
            awaited->finish(ex);
        }
        end_answer(ex, begun, output_before);
        if (output_is_due()) co_await connection_.flush();
        if (turn_is_over()) {
            answered_in_a_row_ = 0;
            co_await connection_.turn();
        }
    }
    const bool sent = co_await connection_.flush();
    if (!sent) co_return false;
    co_return co_await connection_.linger();
}

void session::heed(handshake shaken) {
    switch (shaken) {
    case handshake::done:
        return;
    case handshake::failed:
        ending_ = true;
        return;
    case handshake::too_late:
        return connection_.cut();
    case handshake::plain_http:
        connection_.transport().give_up_tls();
        return refuse({400, "this port speaks TLS: ask it with https://"});
    }
}

// Returns false if the connection ends instead. It goes on while the server drains: the last answer
// may have been sent before it could say that it is the last, and the next request may be on its
// way.
bool session::may_wait() {
    answered_in_a_row_ = 0;
    if (connection_.broken()) return false;
    return connection_.buffers.in.empty() ? may_rest() : may_wait_for_header();
}

bool session::may_rest() {
    // Only once: bytes that are not a request must not postpone the deadline.
    if (connection_.phase() != phase::rest) {
        connection_.buffers.free_at_rest();
        connection_.begin(phase::rest, host_.rest());
    }
    if (!connection_.out_of_time()) return true;
    // A connection that never sent a byte is simply cut, unless the server drains. The client of
    // another may believe that it is still open.
    if (first_ && !host_.terms.draining) connection_.cut();
    ending_ = true;
    return false;
}

bool session::may_wait_for_header() {
    // The deadline since the accept is also that of the first header.
    if (first_ && !connection_.late()) connection_.go_on(phase::header);
    if (connection_.phase() != phase::header)
        connection_.begin(phase::header, host_.settings.header_timeout);
    auto& in = connection_.buffers.in;
    if (connection_.out_of_time()) {
        refuse({408, "the header did not arrive within server.header_timeout"}, reader_.guess());
        return false;
    }
    in.compact();
    if (!in.room().empty() || connection_.buffers.grow_input(in.bytes().size() * 2)) return true;
    refuse(connection_buffers::full(), reader_.guess());
    return false;
}

void session::begin_answer(exchange& ex, core::boot_time begun) {
    ex.followed = reader_.is_followed() && host_.in_grace();
    ex.origin = &origin_;
    if (!ex.caller_is_readable()) host_.metrics.unreadable_clients.add();
    ex.as_of = begun;
    ex.note.wanted = host_.requests.samples();
    ex.note.refused_items = host_.requests.room_for_items(false);
    ex.note.undecided_items = host_.requests.room_for_items(true);
    ex.trace = trace_of(host_.tracer, ex.request);
    if (const auto* tls = connection_.transport().tls()) ex.client = tls->client();
    host_.app.handle(ex);
}

void session::end_answer(exchange& ex, core::boot_time begun, std::size_t output_before) {
    if (!ex.answered()) ex.refuse(500, "the endpoint gave no answer");
    auto& out = connection_.buffers.out;
    if (!connection_.buffers.may_hold_answer()) {
        out.resize(output_before);
        out.shrink_to_fit();
        return refuse(connection_buffers::full(), reader_.asked(), ex.request_id);
    }
    ending_ = ex.closes();
    const auto noted = ex.noted_time();
    const auto took = (noted ? *noted : core::boot_clock::now()) - begun;
    host_.metrics.observe(ex.request.method, ex.endpoint, ex.meant_status(),
                          std::chrono::duration<double>(took).count());
    if (ex.trace.is_sampled()) record_request(ex, host_.app.endpoints(), took);
    if (ex.note.is_logged() || ex.status() >= 400) log_request(ex, took);
    if (ex.status() < 400) log_items(ex, took);
    reader_.drop();
    first_ = false;
    ++answered_in_a_row_;
}

bool session::turn_is_over() const noexcept {
    return answered_in_a_row_ >= host_.settings.pipeline_max && !ending_;
}

bool session::output_is_due() const noexcept {
    return turn_is_over() || connection_.buffers.out.size() > connection_buffers::output_bytes_max;
}

void session::refuse(const refusal& why, const request& asked, std::string_view id) {
    ending_ = true;
    exchange ex(asked, keep_or_make_id(id.empty() ? asked.get(field::x_request_id) : id),
                connection_.buffers.out, host_.terms, true, answer_);
    ex.form = host_.app.form_of(asked);
    ex.reason = why.detail;
    ex.refuse(why);
    host_.metrics.observe(asked.method, 0, why.status, 0);
    ex.origin = &origin_;
    log_request(ex, core::nanoseconds(0));
}

std::string_view session::keep_or_make_id(std::string_view sent) {
    if (is_request_id(sent)) return sent;
    host_.ids.next(made_id_);
    return {made_id_.data(), made_id_.size()};
}

void session::log_request(exchange& ex, core::nanoseconds took) const {
    if (ex.note.verdict == probe_answered && !ex.note.wanted) return;
    if (host_.requests.admits(ex.meant_status() >= 500)) write_request_line(host_, ex, took);
}

void session::log_items(exchange& ex, core::nanoseconds took) const {
    for (const auto& item : ex.note.items)
        if (host_.requests.admits(item.is_undecided)) write_item_line(host_, ex, item, took);
    if (const auto left_out = ex.note.refused_items.further + ex.note.undecided_items.further)
        host_.requests.leave_out(left_out);
}

} // namespace latchkey::http
