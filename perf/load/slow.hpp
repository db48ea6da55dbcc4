#pragma once
#include <span>

namespace load {

/// `load slow PORT COUNT header|body|read`: connections that each send or read one byte a second,
/// spread evenly over the second, as independent clients would be, and that are opened again when
/// the server closes them. Prints "ready" once all are open; after SIGTERM, how many the server has
/// closed. Returns the exit code.
int run_slow(std::span<const char* const> words);

} // namespace load
