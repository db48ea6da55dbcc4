#pragma once
// How much was used of which key on which day, for billing. The counts are those of `use_flush`;
// what was spent of credits is what nodes told. `pg` implements the store.

#include <latchkey/auth/store.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::auth {

struct usage_page : object_page {
    std::optional<std::string> since{}; ///< a day, such as 2027-01-31; unset: this month's first
    std::optional<std::string> until{}; ///< a day, exclusive
    std::optional<std::string> key_id{};
    std::optional<std::string> external_id{};
    std::optional<std::string> by{}; ///< "key", "owner" or "day": sums; unset: as it is counted
};

/// Members that are unset are summed up, or were not known.
struct usage_row {
    std::optional<std::string> day{}; ///< of UTC
    std::optional<std::string> organization_id{};
    std::optional<std::string> key_id{};
    std::optional<std::string> external_id{};
    std::int64_t valid = 0;   ///< VALID answers
    std::int64_t cost = 0;    ///< the sum of their costs
    std::int64_t credits = 0; ///< what was spent of credits
};

/// Lives on the control thread.
class usage_store {
  public:
    virtual ~usage_store() = default;
    /// In the order of day, organization, key and owner.
    virtual operation<found_page<usage_row>> list_usage(usage_page) = 0;
};

} // namespace latchkey::auth
