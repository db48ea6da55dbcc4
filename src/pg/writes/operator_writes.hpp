#pragma once
// The operator's writes as queries: parameters in, a result or a failure out.

#include "pg/connection/query.hpp"

#include <latchkey/auth/store.hpp>

#include <memory>
#include <string>

namespace latchkey::pg {

class operator_write : public query {
  public:
    virtual ~operator_write() = default;
    core::steady_time asked_at{};

    /// Points the parameters at the values.
    virtual void seal() = 0;
    /// Ends a write that was never sent.
    virtual void fail(const std::string& why) = 0;
    bool ended() const noexcept { return ended_; }

  protected:
    bool ended_ = false;
};

/// The organization's id must be set.
std::unique_ptr<operator_write>
    make_create_organization(auth::new_organization,
                             auth::lifecycle_store::completion<auth::organization>);
std::unique_ptr<operator_write>
    make_create_api_key(auth::new_api_key, auth::lifecycle_store::completion<core::real_time>);
/// `write_back`: also sets the element in the older service's array inactive.
std::unique_ptr<operator_write>
make_revoke_api_key(auth::revocation_request, bool write_back,
                    auth::lifecycle_store::completion<auth::revoked_api_key>);
/// Only reads, but waits in the operators' queue, since only they ask it.
std::unique_ptr<operator_write>
    make_list_nodes(auth::lifecycle_store::completion<std::vector<auth::node_entry>>);

} // namespace latchkey::pg
