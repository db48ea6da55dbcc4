#pragma once
// One key of an export, read from the JSON of the program that wrote it. What cannot be read, or
// restricts the key in a way that Latchkey does not know, fails with a sentence: a key never
// becomes good for more than it was.

#include <latchkey/auth/api_key/import_store.hpp>
#include <latchkey/core/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

enum class key_import_format {
    latchkey,    ///< {key_hash, organization_id, …}, as `key export` writes it
    better_auth, ///< a row of better-auth's table `apikey`
    unkey,       ///< a key of Unkey's with its `hash`, as its API or its table has it
};
/// Returns nullopt for another name than "latchkey", "better-auth" and "unkey".
std::optional<key_import_format> key_import_format_of(std::string_view name);

struct readable_key {
    key_by_hash key;
    /// Scopes that begin with "latchkey:" and were left out: only an operator who holds them may
    /// give them.
    std::vector<std::string> stripped;
};

/// `json` is one object. `organization` counts for a key that names none. Without a `key_id`, one
/// is made from the hash, the same each time.
core::result<readable_key> read_key(std::string_view json, key_import_format,
                                    const std::optional<std::string>& organization);

/// Reads a SHA-256 as 64 hexadecimal digits, or in base64url or base64 with or without padding.
std::optional<core::fingerprint> read_key_hash(std::string_view text);

} // namespace latchkey::auth
