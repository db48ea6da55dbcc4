#include <latchkey/http/accept.hpp>

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/http/field_values.hpp>

namespace latchkey::http {

namespace {

using range = media_weight::range;

// Removes the text before the next separator from the front and returns it, trimmed. A separator
// within quotes does not count.
std::string_view next_unquoted(std::string_view& rest, char separator) noexcept {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest.size(); ++at) {
        if (rest[at] == '"') quoted = !quoted;
        if (quoted && rest[at] == '\\') ++at;
        if (!quoted && rest[at] == separator) break;
    }
    const auto part = rest.substr(0, at);
    rest = at < rest.size() ? rest.substr(at + 1) : std::string_view();
    return core::trimmed(part);
}

std::string_view unquoted(std::string_view text) noexcept {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
    return text.substr(1, text.size() - 2);
}

// How specifically a media range matches the form, by its type and subtype.
range closeness(std::string_view media, const media_form& form) noexcept {
    const auto slash = media.find('/');
    if (slash == std::string_view::npos) return range::none;
    const auto type = media.substr(0, slash);
    const auto subtype = media.substr(slash + 1);
    if (type == "*") return subtype == "*" ? range::any : range::none;
    if (!core::same_text(type, form.type)) return range::none;
    if (subtype == "*") return range::type;
    return core::same_text(subtype, form.subtype) ? range::subtype : range::none;
}

// Weighs one range of the list.
media_weight weigh_one(std::string_view text, const media_form& form) noexcept {
    media_weight out{1000, closeness(next_unquoted(text, ';'), form)};
    if (out.by == range::none) return {};
    while (!text.empty()) {
        auto value = next_unquoted(text, ';');
        const auto name = next_unquoted(value, '=');
        if (core::same_text(name, "q")) {
            out.thousandths = weight_of(value);
        } else if (core::same_text(name, "version")) {
            if (unquoted(value) != form.version) return {};
            if (out.by == range::subtype) out.by = range::version;
        }
    }
    return out;
}

} // namespace

media_weight weigh(std::string_view accept, const media_form& form) noexcept {
    media_weight best;
    while (!accept.empty()) {
        const auto one = weigh_one(next_unquoted(accept, ','), form);
        const bool closer = one.by > best.by;
        if (closer || (one.by == best.by && one.thousandths > best.thousandths)) best = one;
    }
    return best;
}

bool prefers_openmetrics(std::string_view accept) noexcept {
    const auto openmetrics = weigh(accept, {"application", "openmetrics-text", "1.0.0"});
    const auto prometheus = weigh(accept, {"text", "plain", "0.0.4"});
    if (openmetrics.thousandths != prometheus.thousandths)
        return openmetrics.thousandths > prometheus.thousandths;
    return openmetrics.thousandths > 0 && openmetrics.by >= range::subtype;
}

bool prefers_html(std::string_view accept) noexcept {
    const auto html = weigh(accept, {"text", "html", {}});
    const auto json = weigh(accept, {"application", "json", {}});
    if (html.thousandths != json.thousandths) return html.thousandths > json.thousandths;
    return html.thousandths > 0 && html.by > json.by;
}

} // namespace latchkey::http
