#pragma once
// The character classes of HTTP's grammar (RFC 9110, section 5.6; RFC 3986, section 3.2.2).

#include <latchkey/core/text/ascii.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey::http {

/// The characters of methods and field names (RFC 9110: token).
inline constexpr core::character_class token_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                                                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                        "!#$%&'*+-.^_`|~");
/// The characters of a host name. A comma is excluded although RFC 3986 allows it: it more probably
/// means that somebody joined two Host fields.
inline constexpr core::character_class host_name_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                            "-._~%!$&'()*+;=");
/// The characters of an IPv6 address (no zones, and no IPvFuture).
inline constexpr core::character_class ipv6_characters("0123456789abcdefABCDEF:.");
/// The characters of a request's target: those of a URL without a fragment.
inline constexpr core::character_class
    request_target_characters("0123456789abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "-._~%!$&'()*+,;=:@/?[]");

/// Returns the position of the first control character (a tab is one) at or after `from`, or the
/// text's size if there is none. Reads eight bytes at a time.
std::size_t find_control(std::string_view text, std::size_t from) noexcept;

} // namespace latchkey::http
