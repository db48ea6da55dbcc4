#pragma once
// Finds the end of a request's header in bytes that arrive piecemeal. Refuses early what can never
// become a valid header: bare line feeds, folded lines, and sizes above the limits.

#include <latchkey/http/configuration.hpp>
#include <latchkey/http/refusal.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey::http {

/// One per request. Each time bytes arrive, call `scan` with all bytes of the request so far. Each
/// byte is examined once.
class head_scanner {
  public:
    enum class outcome { incomplete, complete, refused };

    outcome scan(std::string_view bytes, const configuration& limits);

    /// Valid on `complete`: where the header begins (after one optional empty line) and ends (after
    /// the blank line).
    std::size_t begin() const noexcept { return begin_; }
    std::size_t end() const noexcept { return line_start_; }
    /// Valid on `refused`.
    const refusal& why() const noexcept { return why_; }

  private:
    outcome refuse(int status, const char* detail);
    outcome line_ended(std::string_view bytes, std::size_t line_feed, const configuration& limits);
    outcome still_open(std::size_t size, const configuration& limits);

    std::size_t begin_ = 0;
    std::size_t scanned_ = 0;
    std::size_t line_start_ = 0;
    std::size_t lines_ = 0; ///< complete lines: the request line and the fields
    refusal why_;
};

} // namespace latchkey::http
