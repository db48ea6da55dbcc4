#include "pg/connection/right_hint.hpp"

#include <algorithm>
#include <cctype>

namespace latchkey::pg {

namespace {

constexpr std::string_view insufficient_privilege = "42501";

// What follows `begin` in the message; empty if it does not begin so.
std::string_view behind(std::string_view message, std::string_view begin) {
    return message.starts_with(begin) ? message.substr(begin.size()) : std::string_view();
}

bool is_of_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '"';
}

// PostgreSQL names the table alone. The statement has its schema.
std::string with_schema(std::string_view table, std::string_view sql) {
    const auto wanted = '.' + std::string(table);
    const auto at = sql.find(wanted);
    if (at == sql.npos) return "latchkey" + wanted;
    auto begin = at;
    while (begin > 0 && is_of_name(sql[begin - 1]))
        --begin;
    return std::string(sql.substr(begin, at - begin)) + wanted;
}

// Names that PostgreSQL takes only in quotes, though they look plain.
constexpr std::string_view reserved_words =
    " all analyse analyze and any array as asc asymmetric both case cast check collate column"
    " constraint create current_catalog current_date current_role current_time current_timestamp"
    " current_user default deferrable desc distinct do else end except false fetch for foreign from"
    " grant group having in initially intersect into lateral leading limit localtime localtimestamp"
    " not null offset on only or order placing primary references returning select session_user"
    " some symmetric table then to trailing true union unique user using variadic when where window"
    " with ";

bool is_plain(std::string_view name) {
    const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const auto is_part = [&](char c) { return is_word(c) || (c >= '0' && c <= '9') || c == '$'; };
    return !name.empty() && is_word(name[0]) && std::ranges::all_of(name, is_part) &&
           reserved_words.find(' ' + std::string(name) + ' ') == reserved_words.npos;
}

// As the doctor writes it: in quotes only if it needs them.
std::string as_identifier(std::string_view name) {
    if (is_plain(name)) return std::string(name);
    std::string out = "\"";
    for (const char c : name)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

// What the statement does to the table. PostgreSQL does not say which of it is refused.
std::string rights_on(const std::string& table, std::string_view sql) {
    const auto has = [&](const std::string& words) {
        const auto at = sql.find(words + table);
        const auto end = at + words.size() + table.size();
        return at != sql.npos && (end == sql.size() || !is_of_name(sql[end]));
    };
    const bool inserts = has("insert into ");
    const bool updates = has("update ") || (inserts && sql.find("do update set") != sql.npos);
    const bool deletes = has("delete from ");
    const bool reads = (!inserts && !updates && !deletes) || updates || deletes || has("join ") ||
                       sql.find("returning") != sql.npos;
    std::string out;
    const auto add = [&](bool wanted, const char* right) {
        if (wanted) out += (out.empty() ? "" : ", ") + std::string(right);
    };
    add(reads, "select");
    add(inserts, "insert");
    add(updates, "update");
    add(deletes, "delete");
    return out;
}

} // namespace

std::string right_hint(std::string_view sqlstate, std::string_view message, std::string_view sql,
                       std::string_view role) {
    if (sqlstate != insufficient_privilege) return {};
    const auto to = " to " + as_identifier(role);
    std::string grant;
    if (const auto schema = behind(message, "permission denied for schema "); !schema.empty())
        grant = "grant usage on schema " + std::string(schema) + to;
    for (const std::string_view kind : {"table ", "view "})
        if (const auto table = behind(message, "permission denied for " + std::string(kind));
            !table.empty())
            grant = "grant " + rights_on(with_schema(table, sql), sql) + " on " +
                    with_schema(table, sql) + to;
    if (const auto function = behind(message, "permission denied for function "); !function.empty())
        grant = "grant execute on function " + with_schema(function, sql) + to;
    return (grant.empty() ? "" : "; as the owner, run: " + grant) +
           std::string("; latchkey doctor prints every right that is missing");
}

} // namespace latchkey::pg
