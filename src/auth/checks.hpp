#pragma once
// What names and scopes may look like. Each check answers with a sentence, or nothing when all is
// well.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::auth {

inline constexpr std::size_t name_length_max = 200;       ///< bytes
inline constexpr std::size_t reason_length_max = 200;     ///< bytes
inline constexpr std::size_t identifier_length_max = 128; ///< bytes
inline constexpr std::size_t scopes_max = 100;
inline constexpr std::size_t scope_length_max = 128;
inline constexpr std::size_t networks_max = 100;
inline constexpr std::size_t metadata_bytes_max = 16384;

/// 1 to 200 bytes without control characters.
std::optional<std::string> check_name(std::string_view field, std::string_view value);
/// At most 200 bytes without control characters; not the reason that stands for a removal from the
/// older service's array.
std::optional<std::string> check_reason(std::string_view value);
/// 1 to 128 printable ASCII characters without spaces.
std::optional<std::string> check_identifier(std::string_view field, std::string_view value);
/// 1 to 256 characters that a URL's path may name: letters, digits and some marks. The older
/// service's table may have others, whose rows no command can change.
std::optional<std::string> check_device_id(std::string_view value);
/// RFC 6749, section 3.3: a scope-token, of at most 128 bytes and without a comma.
bool is_scope(std::string_view) noexcept;
/// All of them are.
std::optional<std::string> check_scopes(std::span<const std::string>);
/// At most 16 KiB; that it is a JSON object is known already.
std::optional<std::string> check_metadata(std::string_view json);
/// Addresses and networks.
std::optional<std::string> check_networks(std::span<const std::string>);

} // namespace latchkey::auth
