#pragma once
// An https URL in its parts (RFC 3986), as a client needs it. Strict: nothing is decoded, mended or
// guessed.

#include <latchkey/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::net {

struct https_url {
    std::string host; ///< a name in small letters, or an IP address without brackets
    std::uint16_t port = 443;
    std::string target;      ///< path and query, at least "/"
    bool is_address = false; ///< `host` is one

    /// At most 2048 bytes. Refuses (`invalid`): other schemes, user names, fragments, empty hosts,
    /// bytes that must be escaped.
    static core::result<https_url> parse(std::string_view text);

    /// The value of the field Host: with brackets and port where they are needed.
    std::string host_field() const;
};

} // namespace latchkey::net
