#pragma once
// Where limits that all nodes share are leased. `pg` implements it. Lives on the control thread.

#include <latchkey/auth/store.hpp>
#include <latchkey/core/flow/lease_keeper.hpp>

namespace latchkey::auth {

class lease_store {
  public:
    virtual ~lease_store() = default;
    /// Carries the request out once, however often it is sent under its number. After a failure it
    /// is not known whether it was. Calls must not overlap; the request must outlive the call.
    virtual operation<core::lease_answer> lease(const core::lease_request&) = 0;
};

} // namespace latchkey::auth
