#pragma once
// The allowed forms of names, scopes and other inputs. Each check returns a sentence that says what
// is wrong, or nullopt.

#include <latchkey/core/result.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::auth {

inline constexpr std::size_t name_length_max = 200;       ///< bytes
inline constexpr std::size_t reason_length_max = 200;     ///< bytes
inline constexpr std::size_t identifier_length_max = 128; ///< bytes
inline constexpr std::size_t scopes_max = 100;
inline constexpr std::size_t scope_length_max = 128;
inline constexpr std::size_t networks_max = 100;
inline constexpr std::size_t metadata_bytes_max = 16384;

/// Returns the failure `invalid` with that sentence.
inline core::failure invalid(std::string why) {
    return {core::failure_kind::invalid, std::move(why)};
}

/// 1 to 200 bytes without control characters.
std::optional<std::string> check_name(std::string_view field, std::string_view value);
/// At most 200 bytes without control characters, and not array_removal_reason.
std::optional<std::string> check_reason(std::string_view value);
/// 1 to 128 printable ASCII characters without spaces.
std::optional<std::string> check_identifier(std::string_view field, std::string_view value);
/// 1 to 256 characters that can stand in a URL's path: letters, digits and some marks. The older
/// service's table may have other ids; no command can change those rows.
std::optional<std::string> check_device_id(std::string_view value);
/// True for a scope-token (RFC 6749, section 3.3) of at most 128 bytes without a comma.
bool is_scope(std::string_view) noexcept;
/// In the form of a scope, so that a list of names between commas can be read.
std::optional<std::string> check_role_name(std::string_view field, std::string_view value);
/// Each must satisfy is_scope().
std::optional<std::string> check_scopes(std::span<const std::string>);
/// At most 16 KiB. `json` is known to be a JSON object.
std::optional<std::string> check_metadata(std::string_view json);
/// Each must be an address or a network.
std::optional<std::string> check_networks(std::span<const std::string>);

} // namespace latchkey::auth
