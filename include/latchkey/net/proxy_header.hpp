#pragma once
// The PROXY protocol's header, which a proxy sends before the first byte of its client
// (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, sections 2.1 and 2.2).

#include <latchkey/core/ip_network.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::net {

/// Reads one header of version 1 or 2, in pieces of any size, and nothing after it. Anything that
/// is not exactly such a header is refused, at the first byte that shows it.
class proxy_header_parser {
  public:
    /// `bytes_max` bounds version 2; version 1 has 107 bytes at most.
    explicit proxy_header_parser(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}

    enum class outcome { incomplete, complete, refused };
    struct progress {
        outcome what;
        std::size_t used; ///< bytes of the header; all bytes while it is incomplete
    };
    progress read(std::string_view bytes) noexcept;

    /// The source address, once the header is complete. If it is nullopt, the peer's own address
    /// counts (LOCAL, UNKNOWN, and families that are not IP).
    const std::optional<core::address>& source() const noexcept { return source_; }
    /// The reason, once the header is refused.
    std::string_view why() const noexcept { return why_; }

  private:
    enum class part { signature, line, fixed, addresses, rest, over, refused };

    void take(char byte) noexcept;
    void refuse(std::string_view why) noexcept;
    void begin(char byte) noexcept;
    void end_line() noexcept;
    void judge_fixed() noexcept;
    void take_addresses() noexcept;

    const std::size_t bytes_max_;
    part part_ = part::signature;
    std::array<char, 107> head_{}; ///< what was read; of version 2 only what is looked at
    std::size_t size_ = 0;         ///< of head_
    std::size_t wanted_ = 0;       ///< of head_, for the addresses of version 2
    std::size_t rest_ = 0;         ///< bytes that are still to be skipped
    std::optional<core::address> source_;
    std::string_view why_;
};

} // namespace latchkey::net
