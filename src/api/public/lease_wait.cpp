#include "api/public/lease_wait.hpp"

#include <latchkey/api/public_api.hpp>

namespace latchkey::api {

void lease_wait::begin(http::exchange& ex, const auth::lease_wanted& wanted) {
    asker_ = &ex;
    ex.wait_to_come_again(*this);
    auth::fleet_limits::ask(wanted, *this, ex.as_of, api_.box());
}

void lease_wait::finish(http::exchange& ex) {
    const bool has_no_room = refused;
    api_.leases->waits_.give_back(*this);
    const bool may_go_on = ex.comes_again();
    // Who was being judged is not known then.
    if (!is_admitted(ex)) ex.part_company();
    if (has_no_room)
        return ex.refuse({503, "too many callers are counted by limits of all nodes "
                               "(rate_limit.fleet_buckets)"});
    if (!may_go_on) return ex.refuse({503, "a limit of all nodes cannot be asked now"});
    api_.handle(ex);
}

} // namespace latchkey::api
