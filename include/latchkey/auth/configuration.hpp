#pragma once
// The settings of this room, one struct per section. The values here are the defaults.

#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace latchkey::auth {

/// How a bare text in the database is read (`auth.legacy_device_secret`).
enum class legacy_device_secret {
    unset,      ///< not set: a bare text is unusable
    plaintext,  ///< the secret itself
    sha256_hex, ///< its SHA-256 in hexadecimal, upper or lower case
    mixed,      ///< 64 hexadecimal digits are its SHA-256; anything else is the secret itself
};

/// Section [auth].
struct configuration {
    bool accept_foreign_keys = true; ///< look up keys that do not have our shape
    auth::legacy_device_secret legacy_device_secret =
        auth::legacy_device_secret::unset; ///< how a bare text in the database is read
    core::milliseconds receipt_wait_max{
        1000};                            ///< until the change that a question knows of is here
    std::size_t receipt_waits_max = 1024; ///< questions that wait for one, per worker
};

/// What scrypt may use of the machine. A device's question past one of these bounds is not decided
/// (503).
struct scrypt_configuration {
    std::size_t threads = 0;                 ///< 0 for one per two cores, at least one
    std::size_t queue_max = 32;              ///< computations that wait, in all
    std::size_t device_max = 4;              ///< computations that wait or run for one device
    core::milliseconds wait_max{2000};       ///< time in the queue
    std::size_t results_max = 20'000;        ///< outcomes kept
    core::milliseconds results_ttl{300'000}; ///< life of an outcome
};

constexpr std::size_t scrypt_threads(const scrypt_configuration& c, std::size_t cores) noexcept {
    return c.threads > 0 ? c.threads : std::max<std::size_t>(1, cores / 2);
}

/// Section [cache].
struct cache_configuration {
    core::milliseconds ttl{300'000};
    core::milliseconds negative_ttl{5000};
    std::size_t max_bytes = 512u << 20;        ///< of API keys
    std::size_t device_max_bytes = 128u << 20; ///< of devices
    /// Of negative entries, for API keys and for devices.
    std::size_t negative_max_bytes = 32u << 20;
    std::size_t token_max_bytes = 128u << 20; ///< of verified tokens that may be good
    std::size_t proof_max_bytes = 32u << 20;  ///< of verified tokens that are not good
    core::milliseconds proof_ttl{60'000};     ///< life of the proof that a token is not good
    std::size_t revocations_max = 10'000'000; ///< revocations of tokens
    core::seconds remembered_for{3600};       ///< of revocations, for a database that loses them
    std::size_t remembered_max_bytes = std::size_t{256} << 20;
    core::milliseconds max_staleness{60'000}; ///< the bound of the promise
    core::milliseconds flight_timeout{1000};  ///< of one look-up, for all that wait for it
};

/// The algorithms that our own tokens may be signed with.
inline constexpr std::array own_algorithms = {
    crypto::jws_algorithm::es256, crypto::jws_algorithm::eddsa, crypto::jws_algorithm::rs256,
    crypto::jws_algorithm::hs256};
enum class own_algorithm { es256, eddsa, rs256, hs256 }; ///< indexes of own_algorithms

/// Section [tokens].
struct token_configuration {
    std::size_t length_max = 8192;    ///< bytes of a token
    std::size_t claims_max = 256;     ///< names in its payload, at all depths
    std::size_t depth_max = 8;        ///< of its payload, itself included
    unsigned bad_checks_percent = 25; ///< of a worker's time, for checking bad signatures

    /// After a token of ours with an unknown signing key has waited for news of it, no other token
    /// waits for this long.
    core::milliseconds unknown_key_cooldown{10'000};

    // --- the tokens that we issue ---
    std::string issuer = "latchkey";
    std::string audience = "latchkey"; ///< if the request names none
    own_algorithm algorithm = own_algorithm::es256;
    core::seconds expires_in{900};                ///< if the request names none
    core::seconds expires_in_max{3600};           ///< the most that a request may name
    core::seconds leeway{5};                      ///< between the clocks of our nodes
    core::seconds rotation_interval{30 * 86'400}; ///< of the signing key
    /// How long the next signing key is published before it signs.
    core::seconds publish_ahead{3600};
    std::string key_encryption_key_file{};

    crypto::jws_algorithm signs_with() const {
        return own_algorithms[static_cast<std::size_t>(algorithm)];
    }
};

/// One [[issuers]] table of the configuration, as it was given. Lists are separated by commas.
struct issuer_configuration {
    std::string issuer{};
    std::string preset{};  ///< empty, or "supabase"
    std::string project{}; ///< required by the preset
    std::string jwks_url{};
    std::string jwks_file{};
    std::string secret_file{};
    std::string algorithms{}; ///< empty for the usual ones
    std::string audiences{};
    std::string audience_claims = "aud";
    bool any_audience = false;
    std::string token_types = "JWT, at+jwt";
    std::string required_claims{};
    bool integer_subject = false;
    std::string organization_claim{};
    std::string organizations{};
    bool strict_organizations = false;
    core::milliseconds leeway{30'000};
    core::milliseconds max_token_lifetime{86'400'000}; ///< max() for unbounded
    bool missing_expiration = false;
    bool missing_issued_at = false;
    bool revocable = true;
    // How the JWK set at jwks_url is fetched.
    std::string ca_file{}; ///< empty for the system's
    bool allow_private_addresses = false;
    bool allow_http = false;   ///< jwks_url may begin with http://
    std::string https_proxy{}; ///< "http://host:port"; empty: there is none
    core::milliseconds jwks_refresh{600'000};
    core::milliseconds jwks_cooldown{30'000};
    core::milliseconds jwks_keep{86'400'000};
    core::milliseconds jwks_timeout{5'000};
    std::size_t jwks_bytes_max = 65536;

    friend bool operator==(const issuer_configuration&, const issuer_configuration&) = default;
};

/// Section [use]: how often and when credentials were used.
struct use_configuration {
    bool enabled = true;
    core::milliseconds flush_interval{10'000}; ///< a crash may lose the uses since the last flush
    std::size_t credentials_max = 100'000;     ///< per worker and interval
};

} // namespace latchkey::auth
