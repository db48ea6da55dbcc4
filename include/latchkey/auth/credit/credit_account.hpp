#pragma once
// Credits: how much a key, or all keys of an owner, may still cost. An owner is an external id
// within an organization.

#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::auth {

// --- Bounds; the same as in the table ---
inline constexpr std::int64_t credits_max = 1'000'000'000'000'000;
inline constexpr core::seconds refill_every_max{3'155'760'000}; // a hundred years

/// At each multiple of `every`, what is left becomes `amount` if that is more.
struct credit_refill {
    std::int64_t amount = 0;
    core::seconds every{};
};

/// What an operator gives at first.
struct given_credits {
    std::int64_t remaining = 0;
    std::optional<credit_refill> refill{};
};

/// One account, as the database knows it: what nodes have used of their leases since their last
/// word is still among `leased`.
struct credit_account {
    bool is_of_owner = false;
    std::optional<std::string> key_id{};          ///< of a key's own account
    std::optional<std::string> organization_id{}; ///< nullopt where it was not asked for
    std::optional<std::string> external_id{};     ///< of an owner's account
    std::int64_t remaining = 0;                   ///< not spent, what nodes hold included
    std::int64_t leased = 0;                      ///< the part of it that nodes hold now
    std::int64_t unaccounted = 0;                 ///< what lost nodes held: counts as spent
    std::int64_t spent = 0;                       ///< what nodes have told
    std::optional<credit_refill> refill{};
    std::optional<core::real_time> refills_at{};
};

} // namespace latchkey::auth
