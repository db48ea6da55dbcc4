#pragma once
// The id and the secret in `Authorization: Basic` (RFC 7617).

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::api {

/// Returns what stands behind the scheme, if the scheme of an Authorization is this one. `scheme`
/// is in lower case. The text may be empty.
std::optional<std::string_view> text_of_scheme(std::string_view authorization,
                                               std::string_view scheme) noexcept;

/// Two views into what was decoded.
struct basic_credential {
    std::string_view id; ///< has no colon
    std::string_view secret;
};

/// Decodes into `buffer`. Returns nullopt if the text is no base64 with padding (RFC 4648, section
/// 4), or has no colon.
std::optional<basic_credential> read_basic(std::string_view encoded, std::string& buffer);

} // namespace latchkey::api
