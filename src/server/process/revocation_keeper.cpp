#include "server/process/revocation_keeper.hpp"

#include <utility>

namespace latchkey::server {

// Revocations that were forgotten as expired may still matter if tokens now live longer.
void revocation_keeper::set_token_lives(auth::token_lives lives) {
    if (lives.exceed(set_.lives()) && set_.forgot_some()) needs_all_ = true;
    set_.set_token_lives(std::move(lives));
}

void revocation_keeper::tick(core::steady_time at, core::real_time now) {
    // A clock that was ahead made us forget revocations that still matter.
    if (set_.forgot_what_lives(now)) {
        set_.set_clock(now);
        needs_all_ = true;
    }
    tell();
    if (at - pruned_at_ < prune_interval) return;
    pruned_at_ = at;
    set_.prune(now);
    if (!set_.whole() && set_.has_room()) needs_all_ = true;
}

void revocation_keeper::tell() {
    if (std::exchange(was_whole_, set_.whole()) == set_.whole()) return;
    if (set_.whole())
        log_.info("all revocations of tokens are known again");
    else
        log_.error("there are more revocations of tokens than cache.revocations_max: tokens that "
                   "can be revoked get 503 until it is raised, or enough of them have expired",
                   {{"revocations_max", set_.entries_max()}});
}

} // namespace latchkey::server
