#include "server/settings/listen_places.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace latchkey::server {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::size_t host_bytes_max = 253;

bool is_port(std::string_view text) {
    std::uint16_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc() && end == last && text.size() <= 5;
}

bool is_path(std::string_view path) {
    return path.starts_with('/') && path.size() > 1 && path.size() <= socket_path_bytes_max &&
           path.find('\0') == std::string_view::npos;
}

std::optional<listen_place> parse_place(std::string_view text) {
    listen_place out;
    out.text = text;
    if (text.starts_with(unix_prefix)) {
        out.path = text.substr(unix_prefix.size());
        if (!is_path(out.path)) return std::nullopt;
        return out;
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return std::nullopt;
    auto host = text.substr(0, colon);
    out.is_ipv6 = host.starts_with('[') && host.ends_with(']');
    if (out.is_ipv6) host = host.substr(1, host.size() - 2);
    const std::string_view never = out.is_ipv6 ? " /[]" : ": /[]";
    if (host.empty() || host.size() > host_bytes_max ||
        host.find_first_of(never) != std::string_view::npos)
        return std::nullopt;
    out.host = host;
    out.port = text.substr(colon + 1);
    return out;
}

std::string_view without_spaces(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool is_free_port(const listen_place& place) {
    return !place.is_unix() && place.port.find_first_not_of('0') == std::string::npos;
}

} // namespace

std::vector<std::string_view> parts_of(std::string_view list) {
    std::vector<std::string_view> out;
    if (without_spaces(list).empty()) return out;
    for (bool more = true; more;) {
        const auto comma = list.find(',');
        more = comma != std::string_view::npos;
        out.push_back(without_spaces(list.substr(0, comma)));
        list.remove_prefix(more ? comma + 1 : list.size());
    }
    return out;
}

std::optional<std::vector<listen_place>> parse_listen_places(std::string_view text) {
    std::vector<listen_place> out;
    if (text.starts_with(' ') || text.ends_with(' ')) return std::nullopt;
    for (const auto part : parts_of(text)) {
        auto place = parse_place(part);
        if (!place) return std::nullopt;
        const bool twice = std::ranges::find(out, place->text, &listen_place::text) != out.end();
        if (twice && !is_free_port(*place)) return std::nullopt;
        out.push_back(std::move(*place));
    }
    if (out.empty()) return std::nullopt;
    return out;
}

bool leaves_ipv4_alone(const listen_place& place, const std::vector<listen_place>& all) {
    return place.is_ipv6 && std::ranges::any_of(all, [&](const listen_place& other) {
               return !other.is_unix() && !other.is_ipv6 && other.port == place.port &&
                      !is_free_port(other);
           });
}

} // namespace latchkey::server
