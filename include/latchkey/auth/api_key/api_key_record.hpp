#pragma once
// What the database said about one API key: facts, no verdict. A record never changes once made.

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/core/flow/rate_rule.hpp>
#include <latchkey/core/ip_network.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::auth {

/// The columns of one row, as a store reads them. While a rotated key's old secret still works, the
/// key has two records: one for each of its hashes.
struct api_key_facts {
    core::fingerprint key_hash{}; ///< of the secret that the record is about
    /// Set if that is the secret before the last rotation: when it stops being good.
    std::optional<core::real_time> retires_at;
    std::string key_id;
    std::string organization_id;
    std::optional<std::string> name;
    std::optional<std::string> external_id;
    std::vector<std::string> scopes;
    std::string metadata = "{}"; ///< JSON text, as PostgreSQL prints jsonb
    std::optional<core::real_time> expires_at;
    bool enabled = true;
    bool revoked = false;
    bool organization_enabled = true;
    std::vector<core::network> allowed_networks; ///< empty: any address
    std::optional<core::rate_rule> rate_limit;
    auth::caller_scopes caller_scopes; ///< what it may ask of Latchkey itself
    std::uint32_t generation = 0;      ///< how often the key was narrowed; its tokens carry it
};

class api_key_record {
  public:
    /// Sorts and dedupes the scopes, without those that count in caller_scopes alone, and
    /// serialises the answer once.
    explicit api_key_record(api_key_facts facts);

    const api_key_facts& facts() const noexcept { return facts_; }

    /// The whole answer for a valid key, as compact JSON: `{"valid":true,"code":"VALID","key_id":…,
    /// "organization_id":…,"name":…,"external_id":…,"scopes":[…],"metadata":{…},"expires_at":…}`.
    /// Unset members are null; times are RFC 3339 UTC; the scopes are both kinds.
    const std::string& answer() const noexcept { return answer_; }

    const std::string& organization_id() const noexcept { return facts_.organization_id; }
    /// Its memory in bytes, itself included.
    std::size_t bytes() const noexcept;

  private:
    api_key_facts facts_;
    std::string answer_;
};

} // namespace latchkey::auth
