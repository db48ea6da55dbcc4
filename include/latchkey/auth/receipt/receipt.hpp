#pragma once
// What proves to a node that its asker knows of a change: the database that the change was made in,
// and its transaction. Whoever holds the text can read or change nothing of it.

#include <latchkey/crypto/secret.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// A committed change, as the connection that made it knows it.
struct change_position {
    std::string place; ///< system identifier, database and timeline
    std::string era;   ///< its life since its last crash or promotion; empty: none was told
    std::uint64_t transaction = 0;
};

/// The first half of a SHA-256: a receipt tells nobody which database it is about.
using name_digest = std::array<char, 16>;
name_digest digest_of_name(std::string_view name) noexcept;

struct receipt {
    name_digest place{};
    name_digest era{};
    std::uint64_t transaction = 0;

    friend bool operator==(const receipt&, const receipt&) = default;
};

receipt receipt_of(const change_position&) noexcept;

/// Characters of every receipt's text.
inline constexpr std::size_t receipt_length = 98;

/// Returns base64url of a version, the receipt, and their HMAC-SHA-256.
std::string encode_receipt(const receipt&, const crypto::secret& key);
/// Returns nullopt for a text that was not encoded with this key.
std::optional<receipt> decode_receipt(std::string_view text, const crypto::secret& key);

} // namespace latchkey::auth
