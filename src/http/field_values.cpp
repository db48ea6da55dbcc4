#include <latchkey/http/field_values.hpp>

#include <latchkey/http/characters.hpp>

namespace latchkey::http {

namespace {

bool weighs_nothing(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto p = next_part(parameters, ';');
        if (p.size() < 3 || !same_text(p.substr(0, 2), "q=")) continue;
        return p.find_first_not_of("0.", 2) == std::string_view::npos;
    }
    return false;
}

bool has_directive(std::string_view directives, std::string_view name) {
    while (!directives.empty()) {
        auto directive = next_part(directives, ',');
        if (same_text(next_part(directive, '='), name)) return true;
    }
    return false;
}

} // namespace

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::string_view next_part(std::string_view& rest, char separator) noexcept {
    const auto at = rest.find(separator);
    const auto part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return trimmed(part);
}

bool is_json(std::string_view content_type) noexcept {
    constexpr std::string_view usual = "application/json";
    return content_type == usual || same_text(next_part(content_type, ';'), usual);
}

bool has_entity_tag(std::string_view if_none_match, std::string_view tag) noexcept {
    while (!if_none_match.empty()) {
        auto one = next_part(if_none_match, ',');
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == tag || one == "*") return true;
    }
    return false;
}

bool asks_for_no_cache(std::string_view cache_control) noexcept {
    return has_directive(cache_control, "no-cache") || asks_for_no_store(cache_control);
}

bool asks_for_no_store(std::string_view cache_control) noexcept {
    return has_directive(cache_control, "no-store");
}

bool accepts(std::string_view accept, std::string_view media_type) noexcept {
    while (!accept.empty()) {
        auto range = next_part(accept, ',');
        const auto type = next_part(range, ';');
        if (same_text(type, media_type)) return !weighs_nothing(range);
    }
    return false;
}

} // namespace latchkey::http
