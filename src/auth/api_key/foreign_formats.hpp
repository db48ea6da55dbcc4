#pragma once
// How other programs write their keys. Each function takes all members that it knows.

#include "auth/api_key/import_members.hpp"

#include <latchkey/auth/api_key/import_store.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::auth {

/// A row of better-auth's table (its plugin api-key).
void read_better_auth(import_members&, key_by_hash&);
/// A key as Unkey's API lists it, or as its table has it, with its `hash`.
void read_unkey(import_members&, key_by_hash&);

// --- shared with Latchkey's own format ---

/// Sets the hash, or complains of the member.
void take_hash(import_members&, std::string_view name, std::string_view text, key_by_hash&);
/// Complains of a limit that cannot be kept.
std::optional<core::rate_rule> rule_or_complaint(import_members&,
                                                 std::optional<std::int64_t> quantity,
                                                 std::optional<std::int64_t> window_s,
                                                 std::optional<std::int64_t> burst,
                                                 bool is_fleet = false);

} // namespace latchkey::auth
