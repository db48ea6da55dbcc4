#include "pg/feed/feed_load.hpp"

#include <utility>

namespace latchkey::pg {

feed_load::feed_load(feed_position::outcome outcome, auth::change_set told,
                     bool signing_keys_changed) {
    const bool lost = outcome == feed_position::outcome::lost;
    if (outcome == feed_position::outcome::follows) {
        to_apply_ = std::move(told);
        needs_signing_keys_ = signing_keys_changed;
    } else {
        to_apply_.everything = true;
        to_apply_.forget_revocations = lost;
        to_apply_.organization_ids = told.organization_ids;
        needs_revocations_ = needs_signing_keys_ = needs_announcement_ = lost;
    }
    has_to_apply_ = lost || !needs_signing_keys_;
}

feed_load::step feed_load::next() const noexcept {
    const bool needs_more = needs_revocations_ || needs_signing_keys_ || needs_announcement_;
    if (interrupted_ && needs_more) return step::give_up;
    if (has_to_apply_) return step::apply;
    if (needs_revocations_) return step::load_revocations;
    if (needs_signing_keys_) return step::load_signing_keys;
    return needs_announcement_ ? step::announce : step::done;
}

void feed_load::loaded(std::vector<revocation_row> page) {
    needs_revocations_ = page.size() >= page_max;
    if (page.empty()) return;
    after_ = page.back().id;
    for (auto& row : page)
        to_apply_.revocations.push_back({std::move(row.what), false});
    has_to_apply_ = true;
}

void feed_load::loaded(std::vector<auth::signing_key> keys) {
    needs_signing_keys_ = false;
    to_apply_.signing_keys = std::move(keys);
    has_to_apply_ = true;
}

} // namespace latchkey::pg
