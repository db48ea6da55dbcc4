#include <latchkey/auth/organization/organization_form.hpp>

#include "auth/organization/organization_numbers.hpp"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace latchkey::auth {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
bool is_hexadecimal(char c) {
    return is_digit(c) || (small(c) >= 'a' && small(c) <= 'f');
}

// The spellings that PostgreSQL's uuid_in accepts: groups of four digits, each with a hyphen after
// it or not, and braces around all or none.
std::optional<std::string> canonical_uuid(std::string_view text) {
    if (text.starts_with('{')) {
        if (!text.ends_with('}')) return std::nullopt;
        text = text.substr(1, text.size() - 2);
    }
    std::string out;
    for (std::size_t digits = 0; digits < 32; ++digits) {
        if (digits > 0 && digits % 4 == 0 && text.starts_with('-')) text.remove_prefix(1);
        if (text.empty() || !is_hexadecimal(text.front())) return std::nullopt;
        if (digits == 8 || digits == 12 || digits == 16 || digits == 20) out += '-';
        out += small(text.front());
        text.remove_prefix(1);
    }
    if (!text.empty()) return std::nullopt;
    return out;
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto byte = [&](std::uint32_t lead, int shift, std::uint32_t mask) {
        out += static_cast<char>(lead | (c >> shift & mask));
    };
    if (c < 0x80) return byte(0, 0, 0x7f);
    if (c < 0x800) {
        byte(0xc0, 6, 0x1f);
    } else if (c < 0x10000) {
        byte(0xe0, 12, 0x0f);
        byte(0x80, 6, 0x3f);
    } else {
        byte(0xf0, 18, 0x07);
        byte(0x80, 12, 0x3f);
        byte(0x80, 6, 0x3f);
    }
    byte(0x80, 0, 0x3f);
}

// Takes one character of UTF-8, or one byte that begins none.
std::uint32_t take_character(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    const auto taken = text.substr(0, std::min(length, text.size()));
    text.remove_prefix(taken.size());
    std::uint32_t c = length == 1 ? lead : lead & (0x7fu >> length);
    for (const char next : taken.substr(1))
        c = c << 6 | (static_cast<unsigned char>(next) & 0x3f);
    return c;
}

// Does what lower() does in the usual locales: converts each letter by Unicode's simple mapping.
std::string in_small_letters(std::string_view text) {
    struct free_locale {
        void operator()(locale_t l) const noexcept { ::freelocale(l); }
    };
    using locale_ptr = std::unique_ptr<std::remove_pointer_t<locale_t>, free_locale>;
    static const locale_ptr unicode(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr));
    std::string out;
    while (!text.empty()) {
        const auto c = take_character(text);
        if (c < 0x80)
            out += small(static_cast<char>(c));
        else
            append_utf8(out, unicode ? ::towlower_l(c, unicode.get()) : c);
    }
    return out;
}

} // namespace

organization_form organization_form_of(std::string_view type_name) noexcept {
    if (type_name == "uuid") return organization_form::uuid;
    if (type_name == "int2" || type_name == "int4" || type_name == "int8")
        return organization_form::integer;
    if (type_name == "numeric") return organization_form::decimal;
    if (type_name == "citext") return organization_form::caseless;
    return type_name == "bpchar" ? organization_form::padded : organization_form::text;
}

std::optional<std::string> canonical_organization(std::string_view text, organization_form form) {
    switch (form) {
    case organization_form::unknown:
    case organization_form::text:
        return std::string(text);
    case organization_form::uuid:
        return canonical_uuid(text);
    case organization_form::integer:
        return canonical_integer(text);
    case organization_form::decimal:
        return canonical_decimal(text);
    case organization_form::caseless:
        return in_small_letters(text);
    case organization_form::padded:
        return std::string(text.substr(0, text.find_last_not_of(' ') + 1));
    }
    return std::nullopt;
}

std::string comparable_organization(std::string_view text, organization_form form) {
    return canonical_organization(text, form).value_or(std::string(text));
}

} // namespace latchkey::auth
