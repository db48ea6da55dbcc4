#include "server/cli/commands.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {json_option};

int run(const command_line& line, command_context& context) {
    if (line.has("json"))
        context.out << R"({"version":")" << version() << "\"}\n";
    else
        context.out << "latchkey " << version() << '\n';
    return exit_code::ok;
}

} // namespace

std::string_view version() {
    return LATCHKEY_VERSION;
}

const command version_command = {"version", "Prints the version", options, run,
                                 {},        "latchkey version"};

} // namespace latchkey::server
