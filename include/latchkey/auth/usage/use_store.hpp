#pragma once
// Where the uses of credentials, how many and when, are stored. `pg` implements it. Lives on the
// control thread.

#include <latchkey/auth/store.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// Before the kind: of the secret from before the credential's last rotation alone.
inline constexpr std::string_view previous_use = "previous_";

/// The uses of one credential since the last write.
struct credential_use {
    std::string kind; ///< "api_key", "device", "token", and previous_use with one of the first two
    std::string credential_id;
    std::uint64_t count = 0;
    core::real_time last;
    std::uint64_t cost = 0; ///< the sum of what the uses cost
};

class use_store {
  public:
    virtual ~use_store() = default;
    /// Adds the counts and keeps the later of the times. After a failure, the caller keeps its
    /// counts: nothing is known to have been written (if the connection broke after the database
    /// had written them, they are counted twice). Calls must not overlap.
    virtual operation<bool> write_uses(std::vector<credential_use>) = 0;
};

} // namespace latchkey::auth
