#pragma once
// The settings of this room. The values here are the defaults.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/when_unsure.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::api {

/// Bounds of verify-batch, from section [server].
struct batch_configuration {
    std::size_t items_max = 1000;   ///< in one request
    std::size_t batches_max = 64;   ///< that a worker answers at the same time
    std::size_t lookups_max = 2000; ///< of all batches that a worker answers
    std::size_t scrypt_max = 8;     ///< devices of one request whose secret may cost a scrypt
};

/// Whether callers must say who they are.
enum class callers_mode {
    unset, ///< as `open`, but not while others than this machine reach a listener
    open,
    required,
};
inline constexpr std::string_view default_required_for =
    "verify-api-key, verify-token, verify-batch, metrics, forward-auth, emqx";

/// The part of section [auth] about callers.
struct caller_configuration {
    callers_mode mode = callers_mode::unset;
    std::string required_for{default_required_for}; ///< names or paths of endpoints
};

/// One entry of [[callers]]: who is known by a certificate or a listener, and what it may.
struct known_caller_configuration {
    std::string certificate;   ///< URI or DNS name in the client's certificate
    std::string unix_listener; ///< unix:/path of server.listen
    std::string scopes;        ///< separated by commas
    std::string organization;  ///< empty: it belongs to none

    friend bool operator==(const known_caller_configuration&,
                           const known_caller_configuration&) = default;
};

/// Tokens of ours for upstreams behind a gateway, from section [tokens].
struct forward_configuration {
    core::seconds token_expires_in{60};
    std::size_t tokens_max = 10'000; ///< that a worker keeps
};

/// What message brokers are told, from section [auth].
struct broker_configuration {
    std::size_t topic_rules_max = 200; ///< of one credential
};

/// One [[forward_auth]], as it stands in the configuration.
struct forward_policy_configuration {
    std::string name;
    std::string scopes;       ///< between commas or spaces
    std::string audience;     ///< empty: the issuer's own
    std::string organization; ///< ids between commas; empty: any
    std::int64_t cost = 1;
    bool token = false;
    std::string permissions{}; ///< an expression; empty: none

    bool operator==(const forward_policy_configuration&) const = default;
};

/// Section [rate_limit].
struct rate_limit_configuration {
    std::size_t buckets = 4 << 20; ///< 8 bytes each, for all limits together
    // --- limits of scope "fleet" ---
    std::size_t fleet_buckets = 65536;
    core::when_unsure when_unsure = core::when_unsure::closed;
    core::milliseconds lease_wait{250}; ///< for a first lease
};

/// What a policy counts requests by.
enum class counted { address, api_key, device, organization };
inline constexpr std::size_t counted_kinds = 4;

/// What counts together.
enum class limit_scope { node, fleet };

/// One entry of [[rate_limit.policies]].
struct rate_policy_configuration {
    std::string name;
    std::string endpoints; ///< names or paths; empty: all at which it can count
    api::counted counts = counted::address;
    std::size_t quantity = 100;
    core::seconds window{60};
    std::size_t burst = 0; ///< 0: the quantity
    std::string exempt;    ///< addresses and networks of clients
    limit_scope scope = limit_scope::node;

    friend bool operator==(const rate_policy_configuration&,
                           const rate_policy_configuration&) = default;
};

} // namespace latchkey::api
