#pragma once
// The parts of an http or https URL (RFC 3986) that a client needs. Strict: nothing is decoded,
// corrected or guessed.

#include <latchkey/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::net {

struct https_url {
    std::string host; ///< a name in lower case, or an IP address without brackets
    std::uint16_t port = 443;
    std::string target;        ///< path and query, at least "/"
    bool is_address = false;   ///< `host` is an IP address
    bool in_the_clear = false; ///< http://, whose port is 80 if none is named

    enum class schemes { https, http, both };
    /// Fails with `invalid` for: more than 2048 bytes, other schemes, user names, fragments, empty
    /// hosts, bytes that must be escaped.
    static core::result<https_url> parse(std::string_view text, schemes allowed = schemes::https);

    /// The value of the field Host, with brackets and port if they are needed.
    std::string host_field() const;
};

} // namespace latchkey::net
