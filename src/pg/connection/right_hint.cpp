#include "pg/connection/right_hint.hpp"

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

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

} // namespace

std::string right_hint(std::string_view sqlstate, std::string_view message, std::string_view sql,
                       std::string_view role) {
    if (sqlstate != insufficient_privilege) return {};
    const auto to = " to " + quoted(role) + ';';
    std::string grant;
    if (const auto schema = behind(message, "permission denied for schema "); !schema.empty())
        grant = "grant usage on schema " + std::string(schema) + to;
    for (const std::string_view kind : {"table ", "view "})
        if (const auto table = behind(message, "permission denied for " + std::string(kind));
            !table.empty())
            grant = "grant select on " + with_schema(table, sql) + to;
    if (const auto function = behind(message, "permission denied for function "); !function.empty())
        grant = "grant execute on function " + with_schema(function, sql) + to;
    return (grant.empty() ? "" : "; as the owner, run: " + grant) +
           std::string("; latchkey doctor prints every right that is missing");
}

} // namespace latchkey::pg
