#pragma once
// What the records of all kinds of credential write their answers with, and count their memory
// with.

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

// Append `name`, which ends in a colon, and the value as JSON; null when it is not set.
void append_member(std::string& out, std::string_view name, const std::string& value);
void append_member(std::string& out, std::string_view name,
                   const std::optional<std::string>& value);
void append_member(std::string& out, std::string_view name, const std::vector<std::string>& values);
void append_member(std::string& out, std::string_view name,
                   const std::optional<core::real_time>& value);

void sort_and_dedupe(std::vector<std::string>& texts);

// Beyond the object itself.
std::size_t heap_bytes(const std::string& text);
std::size_t heap_bytes(const std::optional<std::string>& text);
std::size_t heap_bytes(const std::vector<std::string>& texts);

} // namespace latchkey::auth
