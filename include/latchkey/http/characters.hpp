#pragma once
// The character classes of HTTP's grammar (RFC 9110, section 5.6; RFC 3986, section 3.2.2).

#include <latchkey/core/text/ascii.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey::http {

/// What methods and field names are made of.
inline constexpr core::character_class token_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                        "!#$%&'*+-.^_`|~");
/// What a host's name is made of. No comma, which a name may have: it would rather be two Hosts
/// that somebody joined.
inline constexpr core::character_class host_name_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                            "-._~%!$&'()*+;=");
/// What an IPv6 address is made of (no zones, no addresses of the future).
inline constexpr core::character_class ipv6_characters("0123456789abcdefABCDEF:.");
/// What a request's target is made of: that of an URL, without a fragment.
inline constexpr core::character_class
    request_target_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "-._~%!$&'()*+,;=:@/?[]");

/// Where the first control character (a tab is one) at or after `from` stands; the size when there
/// is none. Eight bytes at a time.
std::size_t find_control(std::string_view text, std::size_t from) noexcept;

} // namespace latchkey::http
