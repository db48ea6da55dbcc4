#include "api/basic_credential.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::api {

namespace {

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); ++i)
        text.remove_suffix(1);
    std::string other(text);
    for (char& c : other) {
        if (c == '-' || c == '_') return std::nullopt;
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return crypto::decode_base64url(other);
}

} // namespace

std::optional<std::string_view> text_of_scheme(std::string_view authorization,
                                               std::string_view scheme) noexcept {
    const auto space = std::min(authorization.find(' '), authorization.size());
    if (!core::same_text(authorization.substr(0, space), scheme)) return std::nullopt;
    return core::trimmed(authorization.substr(space));
}

std::optional<basic_credential> read_basic(std::string_view encoded, std::string& buffer) {
    auto pair = decode_base64(encoded);
    const auto colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) return std::nullopt;
    buffer = std::move(*pair);
    const std::string_view text(buffer);
    return basic_credential{text.substr(0, colon), text.substr(colon + 1)};
}

} // namespace latchkey::api
