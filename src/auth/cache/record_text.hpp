#pragma once
// Texts of records of all kinds of credential: the memory that they use, and how lists of them are
// sorted.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

void sort_and_dedupe(std::vector<std::string>& texts);

// Bytes beyond the object itself.
std::size_t heap_bytes(const std::string& text);
std::size_t heap_bytes(const std::optional<std::string>& text);
std::size_t heap_bytes(const std::vector<std::string>& texts);

} // namespace latchkey::auth
