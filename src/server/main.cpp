#include "server/cli/commands.hpp"
#include "server/cli/printable_stream.hpp"

#include <exception>
#include <iostream>

using namespace latchkey::server;

int main(int argc, char** argv) {
    printable_buffer printable_out(*std::cout.rdbuf());
    printable_buffer printable_err(*std::cerr.rdbuf());
    std::ostream out(&printable_out);
    std::ostream err(&printable_err);
    err << std::unitbuf;
    try {
        const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
        command_context context{out, err, process_environment()};
        context.terminal = look_at_terminal(context.environment);
        const int code = run_latchkey(words, context);
        if (out.flush()) return code;
        err << "latchkey: standard output could not be written\n";
        return exit_code::unavailable;
    } catch (const std::exception& defect) {
        err << "latchkey: a defect: " << defect.what() << '\n';
        return exit_code::bug;
    }
}
