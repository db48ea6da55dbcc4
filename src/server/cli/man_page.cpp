#include "server/cli/man_page.hpp"

#include "server/cli/commands.hpp"
#include "server/cli/server_options.hpp"
#include "server/settings/setting.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

// In quotes, as the argument of a macro.
std::string argument(std::string_view text) {
    std::string out;
    for (const char c : troff_text(text))
        out += c == '"' ? std::string("\\(dq") : std::string(1, c);
    return '"' + out + '"';
}

std::string head(std::string_view name, std::string_view section, std::string_view what) {
    return ".\\\" Made by `latchkey man-page`.\n.TH " + argument(name) + ' ' +
           std::string(section) + " \"\" " + argument("latchkey " + std::string(version())) +
           "\n.SH NAME\n" + troff_text(name) + " \\- " + troff_text(what) + '\n';
}

// A line in a typewriter's letters, which stays as it is.
std::string code(std::string_view line) {
    return ".PP\n.RS 4\n.nf\n" + troff_text(line) + "\n.fi\n.RE\n";
}

std::string described(const option& o) {
    auto out = ".TP\n";
    auto name = "\\fB" + troff_text("--" + std::string(o.name)) + "\\fR";
    if (o.letter != 0) name = "\\fB\\-" + std::string(1, o.letter) + "\\fR, " + name;
    if (!o.value_name.empty()) name += " \\fI" + troff_text(o.value_name) + "\\fR";
    return out + name + '\n' + troff_text(o.help) +
           (o.required     ? " (required)\n"
            : o.repeatable ? " (may be repeated)\n"
                           : "\n");
}

std::string described(const command& c) {
    auto title = std::string(c.name);
    if (!c.argument.empty()) title += ' ' + std::string(c.argument);
    auto out = ".SS " + argument("latchkey " + title) + '\n' + troff_text(c.summary) + ".\n";
    for (const auto& o : c.options)
        out += described(o);
    if (!c.example.empty()) out += code(c.example);
    return out;
}

// Help of several lines: lines that begin with spaces are examples and stay as they are.
std::string paragraphs(std::string_view help) {
    std::string out;
    for (std::size_t begin = 0; begin <= help.size();) {
        const auto end = std::min(help.find('\n', begin), help.size());
        const auto line = help.substr(begin, end - begin);
        const bool is_example = line.starts_with("  ");
        out += is_example ? ".br\n" + troff_text(line) + '\n' : troff_text(line) + '\n';
        begin = end + 1;
    }
    return out;
}

std::string described(const setting& entry) {
    auto out = ".TP\n\\fB" + troff_text(entry.name) + "\\fR = " + troff_text(spell(entry, {})) +
               '\n' + paragraphs(entry.help);
    const auto range = range_of(entry);
    if (!range.empty() || entry.reloadable)
        out += ".br\n" + troff_text(range) + (range.empty() || !entry.reloadable ? "" : "; ") +
               (entry.reloadable ? "reloadable\n" : "\n");
    return out;
}

} // namespace

std::string troff_text(std::string_view text) {
    std::string out;
    bool at_start = true;
    for (const char c : text) {
        // A line that begins with one of these would be a request.
        if (at_start && (c == '.' || c == '\'')) out += "\\&";
        at_start = c == '\n';
        switch (c) {
        case '\\':
            out += "\\e";
            break;
        case '-':
            out += "\\-";
            break;
        case '\'':
            out += "\\(aq";
            break;
        case '`':
            out += "\\(ga";
            break;
        case '^':
            out += "\\(ha";
            break;
        case '~':
            out += "\\(ti";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string commands_page(std::span<const command> commands) {
    auto out = head("latchkey", "1", "a server that verifies keys, tokens and devices") +
               ".SH SYNOPSIS\n\\fBlatchkey\\fR \\fICOMMAND\\fR [\\fB\\-\\-option\\fR "
               "\\fIVALUE\\fR]...\n.SH DESCRIPTION\n"
               "Runs the server, and lets operators ask a running one over its admin socket, or, "
               "with\n\\fB\\-\\-url\\fR, over TLS. Data goes to standard output, messages go to "
               "standard error. On\na terminal lists are tables with relative times; elsewhere "
               "they have a tab between\ntheir columns. With \\fB\\-\\-json\\fR the server\\(aqs "
               "answer is printed, with \\fB\\-\\-quiet\\fR\nids alone.\n.SH COMMANDS\n";
    for (const auto& c : commands)
        out += described(c);
    out += ".SH \"OPTIONS OF ALL COMMANDS THAT ASK A SERVER\"\n";
    for (const auto& o : url_options)
        out += described(o);
    out += R"(.SH "EXIT STATUS"
.TP
0
It is done.
.TP
1
\fBverify\-jws\fR: the token is not valid.
.TP
64
The command line is wrong, or what it names does not exist.
.TP
69
No server answers, or it cannot answer at this time; with \fB\-\-wait all\fR: a node is missing.
.TP
70
A defect of the program.
.TP
77
The user or the key may not do this.
.TP
78
The configuration is wrong.
.SH ENVIRONMENT
.TP
\fBLATCHKEY_ADMIN_SOCKET\fR, \fBLATCHKEY_ADMIN_URL\fR, \fBLATCHKEY_KEY_FILE\fR, \fBLATCHKEY_CA_FILE\fR
What the options of these names say. The URL wins over the socket.
.TP
\fBLATCHKEY_\fISECTION\fB__\fIKEY\fR
A setting, for commands that read the configuration; see \fBlatchkey.toml\fR(5).
.TP
\fBNO_COLOR\fR
If it is set, nothing is coloured.
.SH "SEE ALSO"
\fBlatchkey.toml\fR(5)
)";
    return out;
}

std::string settings_page() {
    auto out = head("latchkey.toml", "5", "the configuration of the server latchkey") +
               R"(.SH DESCRIPTION
A file in TOML. Each setting is shown with its default. Precedence: defaults, this file, the
environment (\fBLATCHKEY_SERVER__LISTEN\fR is the variable of \fBserver.listen\fR; with
\fB_FILE\fR appended, the value is in that file), flags. \fBlatchkey check\-config\fR says what is
wrong in a file. Durations are integers with ms, s, m, h or d; sizes with B, KiB, MiB or GiB.
\fBlatchkey reload\fR applies the settings that are reloadable.
)";
    std::string_view section;
    for (const auto& entry : all_settings()) {
        if (section_of(entry.name) != section) {
            section = section_of(entry.name);
            out += ".SH " + argument('[' + std::string(section) + ']') + '\n';
        }
        out += described(entry);
    }
    for (const auto& table : repeated_tables()) {
        out += ".SH " + argument("[[" + std::string(table.name) + "]]") + '\n' +
               paragraphs(table.help);
        for (const auto& entry : table.settings)
            out += described(entry);
    }
    return out + ".SH \"SEE ALSO\"\n\\fBlatchkey\\fR(1)\n";
}

namespace {

int run(const command_line& line, command_context& context) {
    context.out << (line.argument == "settings" ? settings_page() : commands_page(commands()));
    return exit_code::ok;
}

} // namespace

const command man_page_command = {
    .name = "man-page",
    .summary = "Prints the manual page latchkey(1), or that of the settings, latchkey.toml(5)",
    .run = run,
    .argument = "[commands|settings]",
    .example = "latchkey man-page settings > latchkey.toml.5"};

} // namespace latchkey::server
