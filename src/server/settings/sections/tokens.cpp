#include "server/settings/sections/table.hpp"

#include <array>

namespace latchkey::server::settings {

namespace {

constexpr std::array<std::string_view, 4> own_algorithm_names = {"ES256", "EdDSA", "RS256",
                                                                 "HS256"};
static_assert(own_algorithm_names.size() == auth::own_algorithms.size());

template <auto Field>
constexpr field_access tokens_at = at<&configuration::tokens, Field>;

using tokens = auth::token_configuration;

constexpr setting rows[] = {
    {"tokens.length_max", bytes(256, 64 * KiB), tokens_at<&tokens::length_max>,
     "Length of a token. Longer: INVALID_FORMAT."},
    {"tokens.claims_max", count(8, 10'000), tokens_at<&tokens::claims_max>,
     "Names in a token's payload, at all depths. More: INVALID_FORMAT."},
    {"tokens.depth_max", count(1, 32), tokens_at<&tokens::depth_max>,
     "Depth of a token's payload, itself included. Deeper: INVALID_FORMAT."},
    {"tokens.bad_checks_percent", count(1, 100), tokens_at<&tokens::bad_checks_percent>,
     "Of a worker's time, how much may go into checking signatures that turn out to be bad. Past "
     "it,\n"
     "tokens that are not cached get 503 until time has passed. 100: no bound."},
    {"tokens.unknown_key_cooldown", duration(1s, 1h), tokens_at<&tokens::unknown_key_cooldown>,
     "A token of ours that names a key which is not known waits for the next news of the "
     "database,\n"
     "up to three seconds. After that, such tokens are UNKNOWN_KEY_ID at once for so long."},
    {"tokens.issuer", text(is_issuer, "a name or a URL of 1 to 1024 bytes"),
     tokens_at<&tokens::issuer>,
     "The \"iss\" of the tokens that this service issues. The same on all nodes."},
    {"tokens.audience", text(is_issuer, "a name or a URL of 1 to 1024 bytes"),
     tokens_at<&tokens::audience>,
     "Their \"aud\", where the request names none; and what verify-token then accepts."},
    {"tokens.algorithm", choice(own_algorithm_names), tokens_at<&tokens::algorithm>,
     "What new signing keys are for. HS256 is not published: only this service verifies it."},
    {"tokens.expires_in", duration(1s, 24h), tokens_at<&tokens::expires_in>,
     "Life of a token, where the request names none; tokens.expires_in_max bounds it, too.",
     reloadable},
    {"tokens.expires_in_max", duration(1s, 24h), tokens_at<&tokens::expires_in_max>,
     "Longest life that a request may name.", reloadable},
    {"tokens.leeway", duration(0s, 60s), tokens_at<&tokens::leeway>,
     "How far the clocks of our nodes may be apart."},
    {"tokens.key_encryption_key_file", text(is_path, "a path, or credential:NAME"),
     tokens_at<&tokens::key_encryption_key_file>,
     "A file with the key that seals private signing keys in the database: 32 bytes in base64, as\n"
     "\"openssl rand -base64 32\" prints, or in hexadecimal; credential:NAME is systemd's "
     "credential.\n"
     "The same on all nodes. Empty: no tokens are issued here, but those of other nodes verified."},
    {"tokens.rotation_interval", duration(1h, 5 * 366 * 24h), tokens_at<&tokens::rotation_interval>,
     "How long a signing key signs. Never less than twice tokens.publish_ahead."},
    {"tokens.publish_ahead", duration(20min, 30 * 24h), tokens_at<&tokens::publish_ahead>,
     "How long the next signing key is published before it signs: longer than others keep the set\n"
     "of keys, which is 5 minutes by its Cache-Control."},
};

} // namespace

std::span<const setting> tokens_section() {
    return rows;
}

} // namespace latchkey::server::settings
