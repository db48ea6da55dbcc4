#include "server/cli/admin_place.hpp"

#include "server/cli/commands.hpp"
#include "server/settings/secret_file.hpp"

#include <algorithm>
#include <cstdlib>

namespace latchkey::server {

namespace {

constexpr std::size_t key_file_bytes_max = 4096;

admin_place unusable(int code, std::string why) {
    admin_place out;
    out.mistake = std::move(why);
    out.mistake_code = code;
    return out;
}

std::optional<std::string> variable(const command_context& context, std::string_view name) {
    for (const auto& [known, value] : context.environment)
        if (known == name && !value.empty()) return value;
    return std::nullopt;
}

std::optional<std::string> given(const command_line& line, const command_context& context,
                                 std::string_view option, std::string_view name) {
    auto value = line.get(option);
    return value ? value : variable(context, name);
}

// Sets the key, or a mistake.
void read_key(admin_place& place, const std::string& path) {
    std::vector<exposed_file> exposed;
    auto text = read_secret_file("--key-file", path, key_file_bytes_max,
                                 std::getenv("CREDENTIALS_DIRECTORY"), exposed);
    if (!text) {
        place = unusable(exit_code::configuration,
                         "the key's file \"" + path + "\" " + text.error().message);
    } else if (!exposed.empty()) {
        place = unusable(exit_code::permission, describe(exposed.front()));
    } else {
        while (text->ends_with('\n') || text->ends_with('\r'))
            text->pop_back();
        if (is_field_text(*text))
            place.key = crypto::secret(std::move(*text));
        else
            place = unusable(exit_code::configuration,
                             "the key's file \"" + path +
                                 "\" holds no API key: expected the key alone, on one line");
    }
}

admin_place at_url(const std::string& text, const command_line& line,
                   const command_context& context) {
    auto parsed = net::https_url::parse(text);
    if (!parsed)
        return unusable(exit_code::usage, "the URL \"" + text + "\" " + parsed.error().message);
    if (parsed->target != "/")
        return unusable(exit_code::usage,
                        "the URL \"" + text + "\" has a path: expected https://HOST:PORT alone");
    admin_place place;
    place.url = std::move(*parsed);
    place.ca_file = given(line, context, "ca-file", "LATCHKEY_CA_FILE").value_or("");
    if (const auto file = given(line, context, "key-file", "LATCHKEY_KEY_FILE"))
        read_key(place, *file);
    return place;
}

} // namespace

bool is_field_text(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
}

admin_place admin_socket(const command_line& line, const command_context& context) {
    const auto socket = line.get("socket");
    const auto url = line.get("url");
    if (socket && url)
        return unusable(exit_code::usage, "--socket and --url name two servers: give one of them");
    if (url) return at_url(*url, line, context);
    const auto url_variable = socket ? std::nullopt : variable(context, "LATCHKEY_ADMIN_URL");
    if (url_variable) return at_url(*url_variable, line, context);
    for (const std::string_view option : {"key-file", "ca-file"})
        if (line.has(option))
            return unusable(exit_code::usage, "--" + std::string(option) + " goes with --url");
    if (socket) return {*socket};
    return {variable(context, "LATCHKEY_ADMIN_SOCKET").value_or(admin_configuration{}.socket)};
}

} // namespace latchkey::server
