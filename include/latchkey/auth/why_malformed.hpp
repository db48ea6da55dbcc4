#pragma once
// Says which of its reasons an INVALID_FORMAT has, for the log and for trusted callers. Pure; each
// returns a sentence that holds nothing of what was presented.

#include <latchkey/auth/configuration.hpp>

#include <string_view>

namespace latchkey::auth {

/// Of a text that `api_key_fingerprint` refuses.
std::string_view why_malformed_key(std::string_view presented, bool accept_foreign_keys) noexcept;
/// Of a token that is INVALID_FORMAT by these settings.
std::string_view why_malformed_token(std::string_view presented,
                                     const token_configuration&) noexcept;
/// Of a device's claim that is INVALID_FORMAT.
std::string_view why_malformed_device(std::string_view device_id, std::string_view secret) noexcept;

} // namespace latchkey::auth
