#include <latchkey/server/commands.hpp>

#include <exception>
#include <iostream>

using namespace latchkey::server;

int main(int argc, char** argv) {
    try {
        const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
        command_context context{std::cout, std::cerr, process_environment()};
        const int code = run_latchkey(words, context);
        if (std::cout.flush()) return code;
        std::cerr << "latchkey: standard output could not be written\n";
        return exit_code::unavailable;
    } catch (const std::exception& defect) {
        std::cerr << "latchkey: a defect: " << defect.what() << '\n';
        return exit_code::bug;
    }
}
