#include "server/settings/setting.hpp"

namespace latchkey::server {

namespace {

constexpr std::string_view head =
    R"(# Latchkey's configuration: every setting and its default. Made by `latchkey reference-config`.
#
# Precedence: these defaults < this file < environment < flags. `latchkey check-config` says what
# is wrong in a file, `--set section.name=value` overrides one setting for one start.
#   LATCHKEY_SERVER__LISTEN=0.0.0.0:8080             the variable of server.listen
#   LATCHKEY_DATABASE__URI_FILE=/run/secrets/uri     the value is in that file
# database.uri is also read from the systemd credential of that name (LoadCredential=).
# Durations are integers with ms, s, m, h or d; sizes with B, KiB, MiB or GiB.
#
# `latchkey reload`, or SIGHUP, reads everything again, as a start would: file, environment, flags,
# and the files that they name. If all is good, the settings marked as reloadable apply at once,
# and the others that differ are named: they apply at the next start. If something is wrong, nothing
# changes. What has begun goes on as it began: an open connection keeps its trust and its running
# deadline, a cached answer its ttl.
)";

// Writes lines of help as comment lines.
void append_help(std::string& out, std::string_view help) {
    out += "# ";
    for (const char c : help) {
        out += c;
        if (c == '\n') out += "# ";
    }
    out += '\n';
}

// A long list of names stands on several lines.
std::string wrapped(std::string text) {
    constexpr std::size_t line_max = 98;
    for (std::size_t begin = 0; text.size() - begin > line_max;) {
        const auto space = text.rfind(' ', begin + line_max);
        if (space == std::string::npos || space <= begin) break;
        text[space] = '\n';
        begin = space + 1;
    }
    return text;
}

void append_setting(std::string& out, const setting& entry, std::string_view before = {}) {
    out += '\n';
    append_help(out, entry.help);
    const auto range = range_of(entry);
    if (!range.empty()) append_help(out, wrapped(range + (entry.reloadable ? "; reloadable" : "")));
    if (range.empty() && entry.reloadable) out += "# reloadable\n";
    out += before;
    out += entry.name.substr(entry.name.rfind('.') + 1);
    out += " = " + spell(entry, {}) + '\n';
}

// Writes a repeated table commented out, because there is none by default.
void append_repeated(std::string& out, const repeated_table& table) {
    out += '\n';
    append_help(out, table.help);
    if (!table.example.empty()) append_help(out, table.example);
    out += table.example.empty() ? "# [[" : "#\n# In each [[";
    out += std::string(table.name) + "]]";
    out += table.example.empty() ? "\n" : ":\n";
    for (const auto& entry : table.settings)
        append_setting(out, entry, "# ");
}

void append_repeated_of(std::string& out, std::string_view section) {
    for (const auto& table : repeated_tables())
        if (section_of(table.name) == section && table.name != section) append_repeated(out, table);
}

} // namespace

std::string reference_configuration() {
    std::string out(head);
    std::string_view section;
    for (const auto& entry : all_settings()) {
        if (section_of(entry.name) != section) {
            append_repeated_of(out, section);
            section = section_of(entry.name);
            out += "\n[" + std::string(section) + "]\n";
        }
        append_setting(out, entry);
    }
    append_repeated_of(out, section);
    for (const auto& table : repeated_tables())
        if (section_of(table.name) == table.name) append_repeated(out, table);
    return out;
}

} // namespace latchkey::server
