#pragma once
// Where it is written down how often and when credentials were used. `pg` implements it. Lives on
// the control thread; completions run there.

#include <latchkey/auth/store.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace latchkey::auth {

/// Of one credential, since they were last written.
struct credential_use {
    std::string kind; ///< "api_key", "device", "token"
    std::string credential_id;
    std::uint64_t count = 0;
    core::real_time last;
};

class use_store {
  public:
    virtual ~use_store() = default;
    /// Adds the counts and keeps the later of the times. A failure: nothing was written that is
    /// known of, and the caller keeps its counts (what broke after the database had written them is
    /// counted twice). One after the other.
    virtual void write_uses(std::vector<credential_use>,
                            lifecycle_store::completion<bool> done) = 0;
};

} // namespace latchkey::auth
