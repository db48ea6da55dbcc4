#include "pg/feed/feed_load.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace latchkey::pg {

feed_load::feed_load(feed_position::outcome outcome, auth::change_set told,
                     bool signing_keys_changed) {
    const bool lost = outcome == feed_position::outcome::lost;
    const bool resumes = outcome == feed_position::outcome::resumes;
    if (resumes) {
        auto& revocations = told.revocations;
        const auto kept = std::stable_partition(revocations.begin(), revocations.end(),
                                                [](const auto& r) { return !r.withdrawn; });
        withdrawn_.assign(std::make_move_iterator(kept),
                          std::make_move_iterator(revocations.end()));
        revocations.erase(kept, revocations.end());
        to_apply_ = std::move(told);
        to_apply_.organization_ids.reset();
        needs_revocations_ = needs_signing_keys_ = needs_announcement_ = true;
    } else if (outcome == feed_position::outcome::follows) {
        to_apply_ = std::move(told);
        needs_signing_keys_ = signing_keys_changed;
    } else {
        to_apply_.everything = true;
        to_apply_.forget_revocations = lost;
        to_apply_.organization_ids = told.organization_ids;
        needs_revocations_ = needs_signing_keys_ = needs_announcement_ = lost;
    }
    has_to_apply_ = lost || resumes || !needs_signing_keys_;
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
    keep_withdrawn(page);
    if (!needs_revocations_ && !withdrawn_.empty()) {
        to_apply_.revocations = std::exchange(withdrawn_, {});
        has_to_apply_ = true;
    }
    if (page.empty()) return;
    after_ = page.back().id;
    for (auto& row : page)
        to_apply_.revocations.push_back({std::move(row.what), false});
    has_to_apply_ = true;
}

// What the table has is not withdrawn: it came again, or a row of another database told so.
void feed_load::keep_withdrawn(const std::vector<revocation_row>& page) {
    if (withdrawn_.empty()) return;
    std::set<std::tuple<auth::revocation_kind, std::string, std::string>> there;
    for (const auto& row : page)
        if (!row.what.below_generation)
            there.emplace(row.what.kind, row.what.issuer, row.what.value);
    std::erase_if(withdrawn_, [&](const auto& r) {
        return there.contains({r.what.kind, r.what.issuer, r.what.value});
    });
}

void feed_load::loaded(std::vector<auth::signing_key> keys) {
    needs_signing_keys_ = false;
    to_apply_.signing_keys = std::move(keys);
    has_to_apply_ = true;
}

} // namespace latchkey::pg
