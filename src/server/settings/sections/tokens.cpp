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
     "Length of a token. If it is longer: INVALID_FORMAT."},
    {"tokens.claims_max", count(8, 10'000), tokens_at<&tokens::claims_max>,
     "Names in a token's payload, at all depths. If there are more: INVALID_FORMAT."},
    {"tokens.depth_max", count(1, 32), tokens_at<&tokens::depth_max>,
     "Nesting depth of a token's payload, which itself is depth 1. If it is deeper:\n"
     "INVALID_FORMAT."},
    {"tokens.bad_checks_percent", count(1, 100), tokens_at<&tokens::bad_checks_percent>,
     "How much of a worker's time may go into checking signatures that turn out to be bad. Past\n"
     "it, tokens that are not cached get 503 until time has passed. 100: there is no bound."},
    {"tokens.unknown_key_cooldown", duration(1s, 1h), tokens_at<&tokens::unknown_key_cooldown>,
     "A token of our own with an unknown signing key waits for the next poll of the feed, for up\n"
     "to three seconds. If the signing key is still unknown then, such tokens are UNKNOWN_KEY_ID\n"
     "at once for this time."},
    {"tokens.issuer", text(is_issuer, "a name or a URL of 1 to 1024 bytes"),
     tokens_at<&tokens::issuer>,
     "The \"iss\" of the tokens that this service issues. The same on all nodes. If it is the\n"
     "https URL at which this server answers, perhaps with a path, libraries for OAuth 2 find all\n"
     "else by it (/.well-known/oauth-authorization-server); \"latchkey doctor\" says whether it "
     "is."},
    {"tokens.audience", text(is_issuer, "a name or a URL of 1 to 1024 bytes"),
     tokens_at<&tokens::audience>,
     "The \"aud\" of the tokens that this service issues, unless the request names another.\n"
     "verify-token accepts it for them when the request names none."},
    {"tokens.algorithm", choice(own_algorithm_names), tokens_at<&tokens::algorithm>,
     "The algorithm of new signing keys. HS256 keys are not published: only this service can\n"
     "verify with them."},
    {"tokens.expires_in", duration(1s, 24h), tokens_at<&tokens::expires_in>,
     "Lifetime of a token, unless the request names one; never more than tokens.expires_in_max.",
     reloadable},
    {"tokens.expires_in_max", duration(1s, 24h), tokens_at<&tokens::expires_in_max>,
     "Longest lifetime that a request may name.", reloadable},
    {"tokens.forwarded_expires_in", duration(10s, 1h),
     at<&configuration::forward, &api::forward_configuration::token_expires_in>,
     "Lifetime of a token for an upstream behind a gateway (/forward-auth?token=1). One token\n"
     "serves the questions about one credential for two thirds of it.",
     reloadable},
    {"tokens.forwarded_max", count(1, 10'000'000),
     at<&configuration::forward, &api::forward_configuration::tokens_max>,
     "Such tokens that each worker keeps. If there are more, they are made anew.", reloadable},
    {"tokens.leeway", duration(0s, 60s), tokens_at<&tokens::leeway>,
     "How far the clocks of our nodes may differ."},
    {"tokens.key_encryption_key_file", text(is_path, "a path, or credential:NAME"),
     tokens_at<&tokens::key_encryption_key_file>,
     "A file with the key-encryption key, which seals private signing keys in the database: 32\n"
     "bytes in base64, as \"openssl rand -base64 32\" prints, or in hexadecimal. credential:NAME\n"
     "is a systemd credential. The same on all nodes. Empty: this node issues no tokens, but\n"
     "verifies those of other nodes."},
    {"tokens.rotation_interval", duration(1h, 5 * 366 * 24h), tokens_at<&tokens::rotation_interval>,
     "How long a signing key signs. At least twice tokens.publish_ahead is used."},
    {"tokens.publish_ahead", duration(20min, 30 * 24h), tokens_at<&tokens::publish_ahead>,
     "How long the next signing key is published before it signs. It must be longer than others\n"
     "cache the key set, which is 5 minutes by its Cache-Control."},
};

} // namespace

std::span<const setting> tokens_section() {
    return rows;
}

} // namespace latchkey::server::settings
