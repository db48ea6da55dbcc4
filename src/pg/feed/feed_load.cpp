#include "pg/feed/feed_load.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace latchkey::pg {

feed_load::feed_load(feed_position::outcome outcome, auth::change_set told,
                     bool signing_keys_changed) {
    const bool lost = outcome == feed_position::outcome::lost;
    const bool resumes = outcome == feed_position::outcome::resumes;
    if (resumes) {
        std::ranges::copy_if(told.revocations, std::back_inserter(withdrawn_),
                             [](const auto& r) { return r.withdrawn; });
        told.revocations.clear(); // the table has those that hold
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
    using name = std::tuple<auth::revocation_kind, std::string, std::string>;
    std::map<name, std::optional<auth::credential_kind>> there;
    for (const auto& row : page)
        if (!row.what.below_generation)
            there.emplace(name(row.what.kind, row.what.issuer, row.what.value), row.what.of);
    std::erase_if(withdrawn_, [&](auto& r) {
        const auto found = there.find(name(r.what.kind, r.what.issuer, r.what.value));
        if (found == there.end()) return false;
        const auto& holds_of = found->second;
        if (!holds_of || r.what.of == holds_of) return true;
        // It holds of the other kind only.
        r.what.of = *holds_of == auth::credential_kind::device ? auth::credential_kind::api_key
                                                               : auth::credential_kind::device;
        return false;
    });
}

void feed_load::loaded(std::vector<auth::signing_key> keys) {
    needs_signing_keys_ = false;
    to_apply_.signing_keys = std::move(keys);
    has_to_apply_ = true;
}

} // namespace latchkey::pg
