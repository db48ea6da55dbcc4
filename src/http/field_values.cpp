#include <latchkey/http/field_values.hpp>

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/http/characters.hpp>

#include <algorithm>

namespace latchkey::http {

namespace {

// Returns the weight among a coding's parameters, in thousandths.
int weight_in(std::string_view parameters) noexcept {
    if (parameters.empty()) return 1000;
    if (parameters.size() < 2 || !core::same_text(parameters.substr(0, 2), "q=")) return 0;
    return weight_of(parameters.substr(2));
}

bool has_directive(std::string_view directives, std::string_view name) {
    while (!directives.empty()) {
        auto directive = core::next_part(directives, ',');
        if (core::same_text(core::next_part(directive, '='), name)) return true;
    }
    return false;
}

} // namespace

std::string list_of(std::string_view lines, std::string_view name) {
    std::string all;
    while (!lines.empty()) {
        auto value = core::next_part(lines, '\n');
        if (!core::same_text(core::next_part(value, ':'), name)) continue;
        if (value.ends_with('\r')) value.remove_suffix(1);
        all += all.empty() ? "" : ", ";
        all += core::trimmed(value);
    }
    return all;
}

bool is_host(std::string_view text) noexcept {
    constexpr std::size_t port_digits_max = 5;
    std::size_t end = 0;
    if (text.starts_with('[')) {
        end = ipv6_characters.span_end(text, 1);
        if (end == 1 || end == text.size() || text[end] != ']') return false;
        ++end;
    } else {
        end = host_name_characters.span_end(text, 0);
    }
    if (end == text.size()) return true;
    const auto port = text.substr(end + 1);
    return end > 0 && text[end] == ':' && port.size() <= port_digits_max &&
           core::digit_characters.holds(port);
}

bool is_json(std::string_view content_type) noexcept {
    constexpr std::string_view usual = "application/json";
    return content_type == usual || core::same_text(core::next_part(content_type, ';'), usual);
}

bool prefers_gzip(std::string_view accept_encoding) noexcept {
    int gzip = -1; // -1: not named
    int identity = -1;
    int others = -1;
    while (!accept_encoding.empty()) {
        auto parameters = core::next_part(accept_encoding, ',');
        const auto coding = core::next_part(parameters, ';');
        const auto weight = weight_in(core::trimmed(parameters));
        if (core::same_text(coding, "gzip") || core::same_text(coding, "x-gzip"))
            gzip = std::max(gzip, weight);
        if (core::same_text(coding, "identity")) identity = weight;
        if (coding == "*") others = weight;
    }
    if (gzip < 0) gzip = others;
    // Unless identity is named, it is acceptable, and any coding that is asked for is preferred to
    // it.
    return gzip > 0 && gzip >= identity;
}

bool has_entity_tag(std::string_view if_none_match, std::string_view tag) noexcept {
    while (!if_none_match.empty()) {
        auto one = core::next_part(if_none_match, ',');
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

bool names_coding(std::string_view content_encoding) noexcept {
    while (!content_encoding.empty()) {
        const auto coding = core::next_part(content_encoding, ',');
        if (!coding.empty() && !core::same_text(coding, "identity")) return true;
    }
    return false;
}

int weight_of(std::string_view text) noexcept {
    constexpr std::size_t length_max = 5;
    if (text.empty() || text.size() > length_max || (text[0] != '0' && text[0] != '1')) return 0;
    if (text.size() > 1 && text[1] != '.') return 0;
    int weight = text[0] == '1' ? 1000 : 0;
    int unit = 100;
    for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (digit < '0' || digit > '9') return 0;
        weight += (digit - '0') * unit;
        unit /= 10;
    }
    return weight > 1000 ? 0 : weight;
}

} // namespace latchkey::http
