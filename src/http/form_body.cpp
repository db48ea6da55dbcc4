#include <latchkey/http/form_body.hpp>

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/core/text/form_text.hpp>
#include <latchkey/core/text/nearest_name.hpp>
#include <latchkey/http/characters.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace latchkey::http {

namespace {

refusal complaint(std::string detail) {
    return {400, std::move(detail)};
}

std::string of_field(std::string_view name) {
    return "field \"" + std::string(name) + "\" ";
}

// Takes the text before the separator, and the separator. Unlike core::next_part it trims nothing:
// a space is part of a value.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
    const auto end = std::min(rest.find(separator), rest.size());
    const auto text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return text;
}

// True if decoding would change nothing, and it is UTF-8.
bool stands_for_itself(std::string_view text) noexcept {
    return std::ranges::all_of(text,
                               [](char c) { return c >= ' ' && c < 0x7f && c != '%' && c != '+'; });
}

// An unknown name is repeated only if it resembles a known one: it may be a misplaced secret.
refusal unknown(std::string_view name, std::span<const json_field> fields) {
    std::vector<std::string_view> names;
    std::string all;
    for (const auto& f : fields) {
        names.push_back(f.name);
        all += (all.empty() ? "" : ", ") + std::string(f.name);
    }
    const auto nearest = core::nearest_name(name, names);
    if (nearest.empty()) return complaint("a field is not known here; known are: " + all);
    return complaint(of_field(name) + "is not known here; did you mean \"" + std::string(nearest) +
                     "\"?");
}

} // namespace

std::optional<refusal> unless_form(const request& r) {
    auto type = r.get(field::content_type);
    if (core::same_text(core::next_part(type, ';'), form_type)) return std::nullopt;
    return refusal{415, "send the body as Content-Type: " + std::string(form_type)};
}

void form_body::clear() noexcept {
    for (std::size_t i = 0; i < fields_max; ++i) {
        if (!std::exchange(named_[i], false)) continue;
        values_[i].present = false;
        values_[i].text = {};
        values_[i].texts.clear();
    }
    decoded_.clear();
}

std::optional<std::string_view> form_body::decoded(std::string_view text) {
    if (stands_for_itself(text)) return text;
    auto plain = core::decode_form_text(text);
    if (!plain) return std::nullopt;
    return decoded_.emplace_back(std::move(*plain)).reveal();
}

std::optional<refusal> form_body::take(std::string_view part, std::span<const json_field> fields,
                                       unknown_fields unknown_ones) {
    if (part.empty()) return complaint("the form has an empty part: a \"&\" too many");
    const auto name = decoded(take_until(part, '='));
    if (!name) return complaint("the name of a field is not percent-encoded UTF-8");
    const auto found = std::ranges::find(fields, *name, &json_field::name);
    if (found == fields.end() && unknown_ones == unknown_fields::refused)
        return unknown(*name, fields);
    const auto text = decoded(part);
    if (found == fields.end())
        return text ? std::nullopt
                    : std::optional(complaint("a field is not percent-encoded UTF-8"));
    if (!text) return complaint(of_field(*name) + "is not percent-encoded UTF-8");
    const auto place = static_cast<std::size_t>(found - fields.begin());
    auto& value = values_[place];
    const bool again = std::exchange(named_[place], true);
    if (found->kind != json_kind::texts) {
        if (again) return complaint(of_field(*name) + "is there twice");
        value.text = *text;
        value.present = !text->empty();
        return std::nullopt;
    }
    if (text->empty()) return std::nullopt;
    const auto items_max = found->terms ? found->terms->items_max : 0;
    if (items_max != 0 && value.texts.size() == items_max)
        return complaint(of_field(*name) + "is there more than " + std::to_string(items_max) +
                         " times");
    value.texts.push_back(*text);
    value.present = true;
    return std::nullopt;
}

std::optional<refusal> form_body::read(std::string_view form, std::span<const json_field> fields,
                                       unknown_fields unknown_ones) {
    clear();
    if (find_control(form, 0) < form.size())
        return complaint("the form has a control character, such as a line feed at its end: encode "
                         "it as %0A, or leave it out");
    while (!form.empty()) {
        const auto part = take_until(form, '&');
        if (auto why = take(part, fields, unknown_ones)) return why;
        // take_until removes a last "&" as well: nothing stands behind it.
        if (form.empty() && part.data() + part.size() != form.data())
            return complaint("the form ends with \"&\"");
    }
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (fields[i].required && !values_[i].present)
            return complaint(of_field(fields[i].name) + "is missing");
    return std::nullopt;
}

} // namespace latchkey::http
