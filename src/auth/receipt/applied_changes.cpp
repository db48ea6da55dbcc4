#include <latchkey/auth/receipt/applied_changes.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

bool applied_knowledge::has_applied(const receipt& r) const noexcept {
    if (!reached) return false;
    if (reached->place == r.place && reached->era == r.era)
        return reached->applied.covers(r.transaction);
    return reached->era != r.era && std::ranges::binary_search(eras_before, r.era);
}

applied_changes::applied_changes() : latest_(std::make_shared<const applied_knowledge>()) {}

void applied_changes::add(applied_watcher& one) {
    watchers_.push_back(&one);
}

void applied_changes::set_key(crypto::secret key, const std::vector<std::string>& eras) {
    auto next = *latest();
    next.key = std::move(key);
    next.eras_before.clear();
    for (const auto& era : eras)
        next.eras_before.push_back(digest_of_name(era));
    std::ranges::sort(next.eras_before);
    replace(std::move(next));
}

void applied_changes::publish(std::string_view place, const std::optional<std::string>& era,
                              transaction_snapshot applied) {
    auto next = *latest();
    next.reached = {digest_of_name(place), std::nullopt, std::move(applied)};
    if (era) next.reached->era = digest_of_name(*era);
    replace(std::move(next));
}

// The eras are those of the database that was left.
void applied_changes::lose() {
    auto next = *latest();
    next.reached.reset();
    next.eras_before.clear();
    replace(std::move(next));
}

// A watcher that wants news after this look sees what was stored before it.
void applied_changes::replace(applied_knowledge next) {
    auto shared = std::make_shared<const applied_knowledge>(std::move(next));
    {
        const std::lock_guard lock(mutex_);
        latest_.swap(shared);
    }
    for (auto* one : watchers_)
        if (one->wants_.exchange(false)) one->own_box_().send(*one);
}

std::shared_ptr<const applied_knowledge> applied_changes::latest() const {
    const std::lock_guard lock(mutex_);
    return latest_;
}

std::optional<std::string> applied_changes::receipt_for(const change_position& change) const {
    const auto known = latest();
    if (known->key.empty() || change.era.empty()) return std::nullopt;
    return encode_receipt(receipt_of(change), known->key);
}

} // namespace latchkey::auth
