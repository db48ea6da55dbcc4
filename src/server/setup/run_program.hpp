#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

struct program_end {
    int exit_code = -1; ///< -1: it was not there, or ended by a signal
    std::string out;    ///< standard output and standard error together
};

/// Runs a program of the system and waits for its end. `input` goes to its standard input.
/// Blocks: for commands alone.
program_end run_program(const std::vector<std::string>& words, std::string_view input = {});

} // namespace latchkey::server
