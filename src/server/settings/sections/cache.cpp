#include "server/settings/sections/table.hpp"

namespace latchkey::server::settings {

namespace {

template <auto Field>
constexpr field_access cache_at = at<&configuration::cache, Field>;

using cache = auth::cache_configuration;

constexpr setting rows[] = {
    {"cache.ttl", duration(1s, 24h), cache_at<&cache::ttl>,
     "How long an answer of the database is kept. An entry that is asked for in the last tenth of\n"
     "it is refreshed in the background. Revocations do not wait for it.",
     reloadable},
    {"cache.negative_ttl", duration(1ms, 1h), cache_at<&cache::negative_ttl>,
     "How long it is kept that there is no such key.", reloadable},
    {"cache.max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB), cache_at<&cache::max_bytes>,
     "Memory for keys that were found: entries, tables, and what waits to be given back."},
    {"cache.device_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB),
     cache_at<&cache::device_max_bytes>, "Memory for devices that were found."},
    {"cache.negative_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB),
     cache_at<&cache::negative_max_bytes>,
     "Memory for keys that were not found, and as much for devices, apart from the others: a "
     "flood\n"
     "of unknown keys evicts no good one."},
    {"cache.token_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB), cache_at<&cache::token_max_bytes>,
     "Memory for tokens whose signature was checked."},
    {"cache.proof_max_bytes", bytes(64 * KiB, 1024 * 1024 * MiB), cache_at<&cache::proof_max_bytes>,
     "Memory, apart from that, for tokens whose signature is good and which are not: expired, or "
     "with\n"
     "claims that are no token of their issuer's. Replayed, they cost no other check."},
    {"cache.proof_ttl", duration(1s, 1h), cache_at<&cache::proof_ttl>,
     "How long it is kept that such a token's signature is good."},
    {"cache.revocations_max", count(1000, 1'000'000'000), cache_at<&cache::revocations_max>,
     "Revocations of tokens kept in memory, of about 60 bytes each. With more in the database, no\n"
     "token that can be revoked is answered: 503."},
    {"cache.max_staleness", duration(100ms, 1h), cache_at<&cache::max_staleness>,
     "The bound: past it without news from the database, nothing cached is believed, and what\n"
     "cannot be looked up is answered with 503. No revoked key is good for longer."},
    {"cache.flight_timeout", duration(10ms, 1min), cache_at<&cache::flight_timeout>,
     "For one look-up, however many requests wait for it. Later its answer is thrown away."},
};

} // namespace

std::span<const setting> cache_section() {
    return rows;
}

} // namespace latchkey::server::settings
