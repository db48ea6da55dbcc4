#include "http/connection_buffers.hpp"

#include <algorithm>
#include <cstdint>

namespace latchkey::http {

connection_buffers::~connection_buffers() {
    host_.metrics.buffer_bytes.add(-static_cast<std::int64_t>(counted_));
}

refusal connection_buffers::full() {
    return {503, "the buffers of all connections together are full (server.buffer_bytes_max)"};
}

std::size_t connection_buffers::held() const noexcept {
    return in.capacity() + out.capacity() + chunked_body.capacity();
}

void connection_buffers::count() {
    const auto now = held();
    if (now == counted_) return;
    host_.metrics.buffer_bytes.add(static_cast<std::int64_t>(now) -
                                   static_cast<std::int64_t>(counted_));
    counted_ = now;
}

std::size_t connection_buffers::of_all() const noexcept {
    return static_cast<std::size_t>(host_.metrics.buffer_bytes.value());
}

// Counts a false result in the metrics; the caller then ends the connection.
bool connection_buffers::has_room_for(std::size_t more) {
    if (of_all() + more <= host_.buffer_bytes_max) return true;
    host_.metrics.buffers_refused.add();
    return false;
}

bool connection_buffers::grow_input(std::size_t bytes) {
    if (bytes > in.capacity() && !has_room_for(bytes - in.capacity())) return false;
    in.reserve(std::max(bytes, receive_buffer::capacity_initial));
    count();
    return true;
}

bool connection_buffers::grow_chunked_body(std::size_t more, std::size_t most) {
    const auto capacity = chunked_body.capacity();
    const auto needed = chunked_body.size() + more;
    if (needed <= capacity) return true;
    const auto next = std::max(needed, std::min(capacity * 2, most));
    if (!has_room_for(next - capacity)) return false;
    chunked_body.reserve(next);
    count();
    return true;
}

bool connection_buffers::may_hold_answer() {
    if (out.size() <= output_bytes_max) return true;
    const auto now = held();
    return now <= counted_ || has_room_for(now - counted_);
}

bool connection_buffers::may_keep_output() {
    count();
    return out.size() <= idle_bytes_max || has_room_for(0);
}

void connection_buffers::free_at_rest() {
    in.shrink();
    count();
    if (out.capacity() <= idle_bytes_max || of_all() < host_.buffer_bytes_max / 2) return;
    free(out);
    count();
}

} // namespace latchkey::http
