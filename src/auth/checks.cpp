#include "auth/checks.hpp"

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/auth/store.hpp>
#include <latchkey/core/ip_network.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

std::string field_must(std::string_view field, std::string_view what) {
    return "field \"" + std::string(field) + "\" must " + std::string(what);
}

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

} // namespace

bool is_scope(std::string_view scope) noexcept {
    return !scope.empty() && scope.size() <= scope_length_max &&
           std::ranges::all_of(scope, [](char c) {
               return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != ',';
           });
}

std::optional<std::string> check_name(std::string_view field, std::string_view value) {
    const bool good =
        !value.empty() && value.size() <= name_length_max && !has_control_characters(value);
    if (good) return std::nullopt;
    return field_must(field, "have 1 to " + std::to_string(name_length_max) +
                                 " bytes and no control characters");
}

std::optional<std::string> check_reason(std::string_view value) {
    if (value.size() > reason_length_max || has_control_characters(value))
        return field_must("reason", "have at most " + std::to_string(reason_length_max) +
                                        " bytes and no control characters");
    if (value == array_removal_reason)
        return field_must("reason", "not be \"" + std::string(array_removal_reason) +
                                        "\", which says that the array's writer may put it back");
    return std::nullopt;
}

std::optional<std::string> check_identifier(std::string_view field, std::string_view value) {
    const bool good = !value.empty() && value.size() <= identifier_length_max &&
                      std::ranges::all_of(value, [](char c) { return c > ' ' && c <= '~'; });
    if (good) return std::nullopt;
    return field_must(field, "have 1 to " + std::to_string(identifier_length_max) +
                                 " printable ASCII characters and no spaces");
}

std::optional<std::string> check_device_id(std::string_view value) {
    constexpr std::string_view marks = "-._~!$&'()*+,;=:@[]";
    const bool good = !value.empty() && value.size() <= device_id_length_max &&
                      std::ranges::all_of(value, [&](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                 (c >= 'A' && c <= 'Z') || marks.find(c) != marks.npos;
                      });
    if (good) return std::nullopt;
    return field_must("device_id", "have 1 to " + std::to_string(device_id_length_max) +
                                       " ASCII letters, digits and " + std::string(marks));
}

std::optional<std::string> check_role_name(std::string_view field, std::string_view value) {
    if (is_scope(value)) return std::nullopt;
    return field_must(field, "have 1 to " + std::to_string(scope_length_max) +
                                 " printable ASCII characters without spaces, commas, quotes and "
                                 "backslashes");
}

std::optional<std::string> check_scopes(std::span<const std::string> scopes) {
    if (scopes.size() > scopes_max)
        return field_must("scopes", "have at most " + std::to_string(scopes_max) + " elements");
    if (std::ranges::all_of(scopes, is_scope)) return std::nullopt;
    return field_must("scopes", "hold texts of 1 to " + std::to_string(scope_length_max) +
                                    " printable ASCII characters without spaces, commas, quotes "
                                    "and backslashes");
}

std::optional<std::string> check_metadata(std::string_view json) {
    if (json.size() <= metadata_bytes_max) return std::nullopt;
    return field_must("metadata", "have at most " + std::to_string(metadata_bytes_max) + " bytes");
}

std::optional<std::string> check_networks(std::span<const std::string> networks) {
    if (networks.size() > networks_max)
        return field_must("allowed_ips",
                          "have at most " + std::to_string(networks_max) + " elements");
    const auto parses = [](const std::string& text) {
        return core::parse_network(text).has_value();
    };
    if (std::ranges::all_of(networks, parses)) return std::nullopt;
    return field_must("allowed_ips", "hold addresses (192.0.2.1, 2001:db8::1) and networks "
                                     "(192.0.2.0/24, 2001:db8::/32)");
}

} // namespace latchkey::auth
