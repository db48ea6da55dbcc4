#include "api/admin/list_query.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/core/text/form_text.hpp>
#include <latchkey/core/text/nearest_name.hpp>
#include <latchkey/core/text/utf8.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <algorithm>
#include <charconv>

namespace latchkey::api {

namespace {

constexpr std::int64_t seconds_max = std::int64_t{36500} * 24 * 60 * 60;

core::failure wrong(std::string what) {
    return {core::failure_kind::invalid, std::move(what)};
}
std::string quoted(std::string_view name) {
    return '"' + std::string(name) + '"';
}
std::string list_of(std::span<const std::string_view> words) {
    std::string out;
    for (const auto word : words)
        out.append(out.empty() ? "" : ", ").append(word);
    return out;
}
std::string did_you_mean(std::string_view given, std::span<const std::string_view> words) {
    const auto nearest = core::nearest_name(given, words);
    return nearest.empty() ? std::string() : "; did you mean " + quoted(nearest) + '?';
}

// Without NUL, which no text in the database holds.
bool is_text(std::string_view text) {
    if (text.find('\0') != text.npos) return false;
    while (!text.empty()) {
        const auto length = core::utf8_sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace

core::result<query_parameters> query_parameters::read(std::string_view query,
                                                      std::span<const std::string_view> known) {
    query_parameters out(known);
    while (!query.empty()) {
        auto value = core::next_part(query, '&');
        const auto name = core::next_part(value, '=');
        const auto place = std::ranges::find(known, name);
        if (place == known.end())
            return wrong("the query takes " + list_of(known) + did_you_mean(name, known));
        auto& kept = out.values_[static_cast<std::size_t>(place - known.begin())];
        if (kept) return wrong(quoted(name) + " is in the query twice");
        kept = core::decode_form_text(value);
        if (!kept || kept->empty())
            return wrong(quoted(name) + " must have a value, percent-encoded text in UTF-8");
    }
    return out;
}

const std::optional<std::string>& query_parameters::operator[](std::string_view name) const {
    return values_[static_cast<std::size_t>(std::ranges::find(known_, name) - known_.begin())];
}

core::result<std::optional<std::int64_t>>
query_parameters::integer(std::string_view name, std::int64_t min, std::int64_t max) const {
    const auto& text = (*this)[name];
    if (!text) return std::optional<std::int64_t>();
    std::int64_t n = 0;
    const auto* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, n);
    if (read.ec != std::errc() || read.ptr != end || n < min || n > max)
        return wrong(quoted(name) + " must be a number from " + std::to_string(min) + " to " +
                     std::to_string(max));
    return std::optional(n);
}

core::result<std::optional<core::seconds>> query_parameters::seconds(std::string_view name) const {
    const auto n = integer(name, 1, seconds_max);
    if (!n) return wrong(n.error().message + ", of seconds");
    if (!*n) return std::optional<core::seconds>();
    return std::optional(core::seconds(**n));
}

core::result<std::optional<std::string>>
query_parameters::one_of(std::string_view name, std::span<const std::string_view> words) const {
    const auto& text = (*this)[name];
    if (!text || std::ranges::find(words, *text) != words.end()) return text;
    return wrong(quoted(name) + " must be one of " + list_of(words) + did_you_mean(*text, words));
}

core::result<std::optional<std::string>> query_parameters::hash(std::string_view name) const {
    const auto& text = (*this)[name];
    if (!text) return std::optional<std::string>();
    std::string bytes;
    for (std::string_view rest = *text; !rest.empty() && bytes.size() <= 32;) {
        const int byte = core::take_hexadecimal_byte(rest);
        if (byte < 0) break;
        bytes += static_cast<char>(byte);
    }
    if (text->size() != 64 || bytes.size() != 32)
        return wrong(quoted(name) + " must be a SHA-256 as 64 hexadecimal digits");
    return std::optional(std::move(bytes));
}

core::result<std::size_t> query_parameters::limit() const {
    const auto n = integer("limit", 1, terms::page_limit_max);
    if (!n) return n.error();
    return static_cast<std::size_t>(n->value_or(100));
}

core::result<std::optional<std::string>> query_parameters::after() const {
    const auto& text = (*this)["cursor"];
    if (!text) return std::optional<std::string>();
    auto id = crypto::decode_base64url(*text);
    if (!id || id->empty() || !is_text(*id))
        return wrong("\"cursor\" is none that a page before has told");
    return id;
}

std::string cursor_after(std::string_view id) {
    return crypto::encode_base64url(id);
}

} // namespace latchkey::api
