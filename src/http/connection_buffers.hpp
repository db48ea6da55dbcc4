#pragma once
// The memory of one connection: its bytes in, its bytes out, and a body that came in chunks.

#include "http/receive_buffer.hpp"

#include <latchkey/http/refusal.hpp>
#include <latchkey/http/service.hpp>

#include <cstddef>
#include <string>

namespace latchkey::http {

/// Keeps all connections of a worker together within service::buffer_bytes_max: what grows asks
/// first, and metrics.buffer_bytes counts it. An output buffer grows by itself while an answer is
/// written; it is counted when it has to be kept. Lives on its connection's worker.
class connection_buffers {
  public:
    /// Answers wait to go out in one send; above this size they are sent immediately.
    static constexpr std::size_t output_bytes_max = 65536;
    /// The capacity that a connection without a request may always keep of `out` and of
    /// `chunked_body`.
    static constexpr std::size_t idle_bytes_max = 2048;

    explicit connection_buffers(service& host) : host_(host) { count(); }
    ~connection_buffers();
    connection_buffers(const connection_buffers&) = delete;
    connection_buffers& operator=(const connection_buffers&) = delete;

    receive_buffer in;
    std::string out;          ///< answers that are not yet sent
    std::string chunked_body; ///< of the request, decoded

    /// Makes room for `bytes` of input in all. Returns false if the bound forbids it.
    bool grow_input(std::size_t bytes);
    /// Makes room for `more` bytes of a body whose size `most` bounds. The same.
    bool grow_chunked_body(std::size_t more, std::size_t most);
    /// Returns false for a long answer that would exceed the bound.
    bool may_hold_answer();
    /// Counts the output that the client does not take. Returns false if it may not be kept.
    bool may_keep_output();

    /// Call it when a request was answered.
    void free_chunked_body() {
        if (chunked_body.capacity() > idle_bytes_max) free(chunked_body);
    }
    /// Frees what only a request needs. Call it while nothing is in `in` and `out`. A large output
    /// buffer is kept for the next answer while all connections use less than half of the bound, so
    /// that connections at rest leave the other half to those that have a request.
    void free_at_rest();

    /// The refusal of a request for which there is no memory.
    static refusal full();

  private:
    // An assignment of an empty string would keep the memory.
    static void free(std::string& text) { std::string().swap(text); }

    std::size_t held() const noexcept;
    std::size_t of_all() const noexcept;
    void count();
    bool has_room_for(std::size_t more);

    service& host_;
    std::size_t counted_ = 0; // bytes held, when last counted
};

} // namespace latchkey::http
