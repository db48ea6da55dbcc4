// The manual pages: everything is in them, and troff takes them without a warning.
#include "server/cli/man_page.hpp"
#include "../support/temporary_folder.hpp"
#include "server/cli/commands.hpp"
#include "server/settings/setting.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace latchkey::server;

namespace {

bool holds(const std::string& page, std::string_view text) {
    return page.find(troff_text(text)) != page.npos;
}

// Returns the first line that is neither text nor a macro of man(7) that the pages use; empty:
// none.
std::string odd_line_of(const std::string& page) {
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
        for (const unsigned char c : line)
            if (c < ' ' || c == 127) return line;
        for (std::size_t at = line.find('\\'); at != line.npos; at = line.find('\\', at)) {
            const auto rest = std::string_view(line).substr(at + 1);
            bool known = false;
            for (const std::string_view escape :
                 {"\"", "&", "-", "e", "fB", "fI", "fR", "(aq", "(dq", "(ga", "(ha", "(ti"})
                known |= rest.starts_with(escape);
            if (!known) return line;
            at += 2;
        }
        if (line.empty() || line.front() == '\'') return "(" + line + ")";
        if (line.front() != '.') continue;
        const auto macro = line.substr(0, line.find(' '));
        bool known = false;
        for (const auto* name :
             {".\\\"", ".TH", ".SH", ".SS", ".TP", ".PP", ".RS", ".RE", ".nf", ".fi", ".br"})
            known |= macro == name;
        if (!known) return line;
    }
    return {};
}

// What troff complains of; empty: nothing.
std::string complaints_about(const std::string& page) {
    if (std::system("command -v groff >/dev/null 2>&1") != 0) return "groff is missing";
    const latchkey::test::temporary_folder folder;
    std::ofstream(folder.file("page")) << page;
    const auto command = "groff -man -Tutf8 -Kutf8 -ww '" + folder.file("page") +
                         "' >/dev/null 2>'" + folder.file("said") + "'";
    if (std::system(command.c_str()) != 0) return "groff failed";
    std::ifstream said(folder.file("said"));
    return {std::istreambuf_iterator<char>(said), {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(man_page)

BOOST_AUTO_TEST_CASE(every_command_option_and_example_is_in_the_first) {
    const auto page = commands_page(commands());
    BOOST_TEST(page.find(".TH \"latchkey\" 1 ") != page.npos);
    for (const auto& c : commands())
        BOOST_TEST_CONTEXT(c.name) {
            BOOST_TEST(page.find("\n.SS \"latchkey " + troff_text(c.name)) != page.npos);
            BOOST_TEST(holds(page, c.summary));
            BOOST_TEST(holds(page, c.example));
            for (const auto* o : all_options(c)) {
                BOOST_TEST(holds(page, "--" + std::string(o->name)));
                BOOST_TEST(holds(page, o->help));
            }
        }
}

BOOST_AUTO_TEST_CASE(every_exit_code_is_in_the_first) {
    const auto page = commands_page(commands());
    const auto codes = page.substr(page.find("EXIT STATUS"));
    for (const auto* code : {"0", "1", "64", "69", "70", "77", "78"})
        BOOST_TEST_CONTEXT(code) {
            BOOST_TEST(codes.find("\n.TP\n" + std::string(code) + '\n') != codes.npos);
        }
}

BOOST_AUTO_TEST_CASE(every_setting_is_in_the_second) {
    const auto page = settings_page();
    BOOST_TEST(page.find(".TH \"latchkey.toml\" 5 ") != page.npos);
    for (const auto& entry : all_settings())
        BOOST_TEST_CONTEXT(entry.name) {
            BOOST_TEST(page.find("\\fB" + troff_text(entry.name) + "\\fR = ") != page.npos);
        }
    for (const auto& table : repeated_tables())
        BOOST_TEST(holds(page, "[[" + std::string(table.name) + "]]"));
}

BOOST_AUTO_TEST_CASE(troff_takes_them) {
    for (const auto& page : {commands_page(commands()), settings_page()}) {
        BOOST_TEST(odd_line_of(page) == "");
        BOOST_TEST(complaints_about(page) == "");
    }
}

BOOST_AUTO_TEST_CASE(no_text_is_a_request) {
    BOOST_TEST(troff_text(".so x\n'so y\n\\*z -a 'b'") ==
               "\\&.so x\n\\&\\(aqso y\n\\e*z \\-a \\(aqb\\(aq");
}

BOOST_AUTO_TEST_SUITE_END()
