#pragma once
// Decodes the chunked transfer coding (RFC 9112, section 7.1), strictly: CR LF line ends,
// hexadecimal sizes, and no trailer fields. Extensions are bounded, checked for their grammar, and
// ignored.

#include "http/chunk_extension.hpp"

#include <latchkey/http/body_limit.hpp>
#include <latchkey/http/refusal.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::http {

/// A state machine that is fed with raw bytes and appends the decoded ones to a string.
class chunked_decoder {
  public:
    explicit chunked_decoder(const body_limit& limit) : limit_(limit) {}

    enum class outcome { incomplete, complete, refused };

    /// Consumes bytes from the front of `raw`. What is left on `complete` belongs to the next
    /// request.
    outcome decode(std::string_view& raw, std::string& body);
    const refusal& why() const noexcept { return why_; }

  private:
    enum class state { size, extension, size_line_feed, data, data_cr, data_lf, last_cr, last_lf };

    outcome step(char c);
    outcome take_size(char c);
    outcome take_extension(char c);
    outcome size_ended();
    outcome refuse(int status, std::string detail);

    body_limit limit_;
    state state_ = state::size;
    chunk_extension extension_;         ///< of the current chunk
    std::uint64_t left_ = 0;            ///< bytes of the current chunk still to come
    std::size_t digits_ = 0;            ///< digits of its size
    std::size_t extension_length_ = 0;  ///< bytes of its extensions
    std::size_t extensions_length_ = 0; ///< bytes of the extensions of all chunks
    std::size_t decoded_ = 0;
    refusal why_;
};

} // namespace latchkey::http
