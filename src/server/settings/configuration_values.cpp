#include "server/settings/setting.hpp"
#include "server/settings/units.hpp"

#include <latchkey/core/text/nearest_name.hpp>

#include <algorithm>
#include <limits>

namespace latchkey::server {

namespace {

using form = given_value::form;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// Writes a value for complaints: in quotes, cut to 80 bytes, on one line.
std::string quoted(std::string_view text) {
    constexpr std::size_t shown_max = 80;
    std::string out = "\"";
    for (const char c : text.substr(0, shown_max))
        out += is_control(c) ? '?' : c;
    if (text.size() > shown_max) out += "...";
    return out + '"';
}

bool is_no_bound(const value_type& type, std::int64_t value) {
    return !type.no_bound.empty() && value == std::numeric_limits<std::int64_t>::max();
}

std::string bound(const value_type& type, std::int64_t value) {
    if (is_no_bound(type, value)) return std::string(type.no_bound);
    switch (type.kind) {
    case value_kind::bytes:
        return format_bytes(value);
    case value_kind::duration:
        return format_duration(core::milliseconds(value));
    default:
        return std::to_string(value);
    }
}

std::string joined(std::span<const std::string_view> names) {
    std::string out;
    for (const auto name : names) {
        if (!out.empty()) out += name == names.back() ? " or " : ", ";
        out += '"';
        out += name;
        out += '"';
    }
    return out;
}

core::failure complaint(std::string message) {
    return {core::failure_kind::invalid, std::move(message)};
}

// A file distinguishes texts, integers and booleans, and so do we. An integer for a duration passes
// here, so that the complaint is about its missing unit.
bool fits(value_kind kind, form shape) {
    switch (kind) {
    case value_kind::flag:
        return shape == form::boolean;
    case value_kind::count:
        return shape == form::integer;
    case value_kind::bytes:
    case value_kind::duration:
        return shape == form::integer || shape == form::text;
    default:
        return shape == form::text;
    }
}

std::string name_of(form shape) {
    if (shape == form::text) return "a string";
    return shape == form::integer ? "an integer" : "a boolean";
}

core::result<std::int64_t> parse_number(value_kind kind, std::string_view text) {
    if (kind == value_kind::bytes) return parse_bytes(text);
    if (kind == value_kind::count) return parse_count(text);
    const auto duration = parse_duration(text);
    if (!duration) return duration.error();
    return static_cast<std::int64_t>(duration->count());
}

core::result<plain_value> read_number(const value_type& type, const std::string& text) {
    if (!type.no_bound.empty() && text == type.no_bound)
        return plain_value(std::numeric_limits<std::int64_t>::max());
    const bool negative = text.starts_with('-') && parse_count(text.substr(1)).has_value();
    const auto number = parse_number(type.kind, text);
    if (!number && !negative) return complaint(quoted(text) + ' ' + number.error().message);
    if (negative || *number < type.min || *number > type.max)
        return complaint(quoted(text) + " is out of range");
    return plain_value(*number);
}

core::result<plain_value> read_choice(const value_type& type, std::string_view text) {
    const auto found = std::find(type.choices.begin(), type.choices.end(), text);
    if (found != type.choices.end()) return plain_value(std::int64_t{found - type.choices.begin()});
    const auto nearest = core::nearest_name(text, type.choices);
    return complaint(quoted(text) + " is not known" +
                     (nearest.empty() ? "" : " (did you mean " + quoted(nearest) + "?)"));
}

core::result<plain_value> read_text(const value_type& type, const std::string& text) {
    // In a URL, a password may stand before the "@".
    const bool is_shown = type.kind != value_kind::secret && text.find('@') == text.npos;
    const auto shown = is_shown ? quoted(text) : "its value (not shown here)";
    if (std::any_of(text.begin(), text.end(), is_control))
        return complaint(shown + " holds a control character");
    if (!type.well_formed(text))
        return complaint(text.empty() ? "is empty" : shown + " is not well formed");
    return plain_value(text);
}

core::result<plain_value> read(const value_type& type, const given_value& given) {
    if (given.shape == form::other) return complaint("is " + given.text);
    if (given.shape != form::bare && !fits(type.kind, given.shape))
        return complaint("is " + name_of(given.shape));
    switch (type.kind) {
    case value_kind::flag:
        if (given.text != "true" && given.text != "false")
            return complaint(quoted(given.text) + " is no boolean");
        return plain_value(given.text == "true");
    case value_kind::count:
    case value_kind::bytes:
    case value_kind::duration:
        return read_number(type, given.text);
    case value_kind::choice:
        return read_choice(type, given.text);
    case value_kind::text:
    case value_kind::secret:
        return read_text(type, given.text);
    }
    return complaint("has a kind that is not known");
}

} // namespace

std::optional<std::string> assign(const setting& entry, const given_value& given,
                                  configuration& out) {
    const auto value = read(entry.type, given);
    if (!value) return value.error().message + "; expected " + expectation(entry);
    entry.field.set(out, *value);
    // A field that counts seconds would round the value silently.
    if (entry.field.get(out) != *value)
        return quoted(given.text) + " is too fine; expected whole seconds";
    return std::nullopt;
}

std::string range_of(const setting& entry) {
    switch (entry.type.kind) {
    case value_kind::flag:
        return "true or false";
    case value_kind::choice:
        return joined(entry.type.choices);
    case value_kind::text:
    case value_kind::secret:
        return {};
    default:
        return bound(entry.type, entry.type.min) + " to " + bound(entry.type, entry.type.max) +
               (entry.type.no_bound.empty() ? "" : ", or " + quoted(entry.type.no_bound));
    }
}

std::string expectation(const setting& entry) {
    switch (entry.type.kind) {
    case value_kind::flag:
        return "true or false";
    case value_kind::choice:
        return "one of " + joined(entry.type.choices);
    case value_kind::text:
    case value_kind::secret:
        return std::string(entry.type.expected);
    case value_kind::count:
        return "an integer from " + range_of(entry);
    case value_kind::bytes:
        return "a size from " + range_of(entry) + ", such as " + spell(entry, {});
    case value_kind::duration:
        return "a duration from " + range_of(entry) + ", such as " + spell(entry, {});
    }
    return {};
}

std::string spell(const setting& entry, const configuration& from) {
    const auto value = entry.field.get(from);
    switch (entry.type.kind) {
    case value_kind::flag:
        return std::get<bool>(value) ? "true" : "false";
    case value_kind::count:
        return std::to_string(std::get<std::int64_t>(value));
    case value_kind::bytes:
    case value_kind::duration:
        return quoted(bound(entry.type, std::get<std::int64_t>(value)));
    case value_kind::choice:
        return quoted(entry.type.choices[static_cast<std::size_t>(std::get<std::int64_t>(value))]);
    case value_kind::text:
    case value_kind::secret:
        return quoted(std::get<std::string>(value));
    }
    return {};
}

} // namespace latchkey::server
