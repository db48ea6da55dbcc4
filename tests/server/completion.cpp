// Completion, by running the shells with the scripts.
#include "server/cli/completion.hpp"
#include "../support/temporary_folder.hpp"
#include "server/cli/commands.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

using namespace latchkey::server;
using latchkey::test::temporary_folder;

namespace {

using words = std::vector<std::string>;

std::set<std::string> lines_in(const std::string& path) {
    std::ifstream file(path);
    std::set<std::string> out;
    for (std::string line; std::getline(file, line);)
        out.insert(line);
    return out;
}

// What bash offers after these words; the last one is to be completed.
std::set<std::string> offered(const temporary_folder& folder, const words& typed) {
    std::ofstream script(folder.file("script"));
    script << bash_completion(commands()) << "COMP_WORDS=(latchkey";
    for (const auto& word : typed)
        script << " '" << word << "'";
    script << ")\nCOMP_CWORD=" << typed.size()
           << "\n_latchkey\n[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    script.close();
    const auto command = "cd '" + folder.file(".") + "' && bash -eu script >out 2>said";
    BOOST_TEST(std::system(command.c_str()) == 0);
    BOOST_TEST(lines_in(folder.file("said")).size() == 0u);
    return lines_in(folder.file("out"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(completion)

BOOST_AUTO_TEST_CASE(bash_offers_what_the_tables_have) {
    const temporary_folder folder;
    std::ofstream(folder.file("some-file")) << "x";
    struct {
        words typed;
        words offers;
        words not_these;
    } const cases[] = {
        {{""}, {"serve", "key", "org", "help", "completion"}, {"create", "--help"}},
        {{"ke"}, {"key"}, {"org", "kex"}},
        {{"key", ""}, {"create", "list", "show", "revoke"}, {"register", "--help"}},
        {{"key", "re"}, {"revoke"}, {"create"}},
        {{"help", "k"}, {"key"}, {"org"}},
        {{"help", "key", "c"}, {"create"}, {"list"}},
        {{"help", "key", "create", ""}, {}, {"--name"}},
        {{"key", "list", ""}, {"--state", "--unused", "--url", "--json", "--help"}, {"--overlap"}},
        {{"key", "list", "--st"}, {"--state"}, {"--name"}},
        {{"key", "list", "--state", ""}, {"active", "revoked"}, {"--json"}},
        {{"key", "list", "--state", "=", "dis"}, {"disabled"}, {"active"}},
        {{"key", "list", "--state", "="}, {"disabled", "active"}, {"--json"}},
        {{"key", "list", "--json", "--na"}, {"--name"}, {}},
        {{"key", "list", "--name", ""}, {}, {"--json", "some-file"}},
        {{"key", "create", "--env", ""}, {"live", "test"}, {}},
        {{"key", "revoke", "k", "--wait", ""}, {"all"}, {}},
        {{"completion", ""}, {"bash", "zsh"}, {"--help"}},
        {{"completion", "-"}, {"--help"}, {"bash"}},
        {{"device", "import", "so"}, {"some-file"}, {"--json"}},
        {{"device", "import", "--s"}, {"--socket"}, {"some-file"}},
        {{"serve", "--config", "some"}, {"some-file"}, {}},
        {{"serve", "--"}, {"--config", "--set"}, {"--socket", "--json"}},
        {{"no-such", ""}, {}, {"create"}},
    };
    for (const auto& c : cases) {
        std::string typed;
        for (const auto& word : c.typed)
            typed += word + ' ';
        BOOST_TEST_CONTEXT(typed) {
            const auto got = offered(folder, c.typed);
            for (const auto& one : c.offers)
                BOOST_TEST_CONTEXT(one) BOOST_TEST(got.contains(one));
            for (const auto& one : c.not_these)
                BOOST_TEST_CONTEXT(one) BOOST_TEST(!got.contains(one));
            if (c.offers.empty()) BOOST_TEST(got.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(bash_offers_every_command_and_option) {
    const auto script = bash_completion(commands());
    for (const auto& c : commands()) {
        const auto line = script.find("\n        '" + std::string(c.name) + "') options='");
        BOOST_TEST_CONTEXT(c.name) {
            BOOST_REQUIRE(line != script.npos);
            const auto text = script.substr(line + 1, script.find('\n', line + 1) - line);
            for (const auto* o : all_options(c))
                BOOST_TEST(text.find("--" + std::string(o->name) + ' ') != text.npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(zsh_takes_its_script) {
    BOOST_REQUIRE_MESSAGE(std::system("command -v zsh >/dev/null 2>&1") == 0, "zsh is missing");
    const temporary_folder folder;
    std::ofstream(folder.file("_latchkey")) << zsh_completion(commands());
    const auto command = "zsh -n '" + folder.file("_latchkey") + "'";
    BOOST_TEST(std::system(command.c_str()) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
