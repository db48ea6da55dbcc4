#pragma once
// What the records of all kinds of credential count their memory with.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

void sort_and_dedupe(std::vector<std::string>& texts);

// Beyond the object itself.
std::size_t heap_bytes(const std::string& text);
std::size_t heap_bytes(const std::optional<std::string>& text);
std::size_t heap_bytes(const std::vector<std::string>& texts);

} // namespace latchkey::auth
