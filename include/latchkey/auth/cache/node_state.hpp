#pragma once
// The node's state about credentials, shared by all workers.

#include <latchkey/auth/cache/owner_core.hpp>
#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/receipt/applied_changes.hpp>
#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/auth/token/token_record.hpp>
#include <latchkey/core/cache/snapshot.hpp>
#include <latchkey/core/flow/rate_limiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace latchkey::auth {

struct node_state {
    /// One owner core, and one reader, per worker.
    node_state(const cache_configuration& c, std::size_t workers, std::uint64_t seed)
        : settings(c),
          ttl(c.ttl),
          where(seed, workers),
          readers(workers),
          known(c.max_staleness, c.flight_timeout),
          api_keys({c.max_bytes, c.negative_max_bytes}, where, readers, known),
          devices({c.device_max_bytes, c.negative_max_bytes}, where, readers, known),
          tokens({c.token_max_bytes, token_entry_bytes}, where, readers),
          proofs({c.proof_max_bytes, token_entry_bytes}, where, readers),
          issuers(std::make_shared<const issuer_set>(), readers),
          revocations(readers, seed, c.revocations_max, core::seconds(0)),
          withheld(readers, seed, withheld_max, core::seconds(0)) {}

    const cache_configuration settings;  ///< as of the start
    std::atomic<core::milliseconds> ttl; ///< cache.ttl as it is now; only a reload writes it
    const core::placement where;
    core::epochs readers;
    consistency known;
    api_key_cache api_keys;
    device_cache devices;                         ///< by the SHA-256 of the device's id
    core::concurrent_cache<verified_fact> tokens; ///< good ones, by the SHA-256 of the whole token
    core::concurrent_cache<kept_proof> proofs;    ///< of tokens that are not good, by the same hash
    core::snapshot<const issuer_set> issuers;
    revocation_set revocations;
    /// What counts as undecided, whatever the database says: see remembered_revocations.hpp.
    revocation_set withheld;
    applied_changes applied; ///< for questions that carry a receipt
    /// When a token was last asked for that could not be issued. Zero: never.
    std::atomic<core::boot_time> token_wanted_at{core::boot_time{}};
    jwks_source* jwks = nullptr; ///< set before the first question; null if nothing is fetched
    /// Ends credentials for their holders; set before the first question; null: nobody does.
    class self_revocation_desk* endings = nullptr;
    /// Keys' own limits; set before the first question; null if they are not enforced.
    core::rate_limiter* limits = nullptr;
    /// Limits that hold for all nodes together; set before the first question; null: there are
    /// none.
    class fleet_limits* fleet = nullptr;
    /// Accounts of credits; the same.
    class fleet_limits* credits = nullptr;
    std::vector<owner_core*>
        owner_cores; ///< in the order of the placement; set before the first question

    static constexpr std::size_t token_entry_bytes = 2048;
    /// None: what is remembered has a bound of its own.
    static constexpr std::size_t withheld_max = std::size_t{1} << 40;

    /// Sizes and evictions of the caches. Any thread, now and then.
    void collect(core::metric_sink&) const;
};

} // namespace latchkey::auth
