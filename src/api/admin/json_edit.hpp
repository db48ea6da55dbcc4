#pragma once
// Changes of an answer that is written already: a compact JSON object, as core::json_object writes
// it. Foreign numbers in it keep their digits.

#include <latchkey/core/text/json_object.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::api {

/// Returns the text of a member's value; nullopt if the object has no such member.
std::optional<std::string_view> value_of(std::string_view object, std::string_view name);
/// Appends members to the object.
void add_members(std::string& object, std::initializer_list<core::json_member>);
/// Removes a member, if the object has it.
void remove_member(std::string& object, std::string_view name);

} // namespace latchkey::api
