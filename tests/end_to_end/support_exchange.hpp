#pragma once
// Parts of requests and answers, as the check against the description needs them.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

std::string lower(std::string_view);
std::string_view trimmed(std::string_view);

/// The fields of a head, without its first line; names in small letters.
std::vector<std::pair<std::string, std::string>> fields_of(std::string_view head);
/// Returns the value of the first field with this name (in small letters); empty without one.
std::string value_of(std::string_view head, std::string_view name);

/// The parameters of a query, decoded.
std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view query);

/// True if a path is what a template such as /things/{id} says.
bool matches(std::string_view path_template, std::string_view path);

} // namespace latchkey::test
