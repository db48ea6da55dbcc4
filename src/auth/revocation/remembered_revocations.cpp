#include <latchkey/auth/revocation/remembered_revocations.hpp>

#include "auth/revocation/revocation_log.hpp"

#include <latchkey/auth/organization/organization_form.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

namespace {

constexpr std::size_t eras_max = 1000;

bool is_of_organization(const revocation& r) {
    return r.kind == revocation_kind::organization ||
           r.kind == revocation_kind::disabled_organization;
}

} // namespace

// What was obeyed of one database.
struct remembered_revocations::chapter {
    revocation_log log;
    std::vector<std::string> eras{};   ///< once it is closed
    std::string seen{};                ///< the last snapshot
    revocation_log::position judged{}; ///< up to here, the present database has
};

remembered_revocations::remembered_revocations(revocation_set& withheld, const terms& t)
    : withheld_(withheld), terms_(t), open_(std::make_unique<chapter>()) {}

remembered_revocations::~remembered_revocations() = default;

void remembered_revocations::in_era(std::string_view era) {
    if (!eras_.empty() && eras_.back() == era) return;
    std::erase(eras_, era);
    eras_.emplace_back(era);
    if (eras_.size() > eras_max) eras_.erase(eras_.begin());
}

void remembered_revocations::has_been_in(const std::vector<std::string>& eras) {
    for (auto one = eras.rbegin(); one != eras.rend() && eras_.size() < eras_max; ++one)
        if (std::ranges::find(eras_, *one) == eras_.end()) eras_.insert(eras_.begin(), *one);
}

void remembered_revocations::note(const std::vector<revocation_change>& changes,
                                  core::boot_time now) {
    for (const auto& change : changes) {
        open_->log.add(change, now);
        // Restored in the present database: that counts.
        if (change.withdrawn && pending()) withhold(change);
    }
    make_room();
    count();
}

void remembered_revocations::begins(std::string_view snapshot) {
    open_->seen = snapshot;
}

// A look-up that was asked for before the last page was judged has ended by then.
void remembered_revocations::current(std::string_view snapshot, core::boot_time began) {
    open_->seen = snapshot;
    if (pending()) {
        if (judged_at_ && began >= *judged_at_ + terms_.look_up_time) release();
        return;
    }
    withheld_.reclaim();
    if (open_->log.drop_before(began - terms_.keep) > 0) count();
}

void remembered_revocations::database_changed() {
    close_chapter();
    rewind();
    if (pending()) withhold_all();
    count();
}

void remembered_revocations::close_chapter() {
    if (open_->log.entries() == 0) return;
    open_->eras = eras_;
    closed_.push_back(std::move(*open_));
    *open_ = {};
}

void remembered_revocations::missed_changes() {
    *open_ = {};
    count();
}

void remembered_revocations::withhold_all() {
    for (const auto& one : closed_)
        one.log.for_each([this](const revocation_change& change) { withhold(change); });
}

// For ever, as far as the set is concerned: it is emptied as a whole. Of an organization, records
// have the spelling that was told, and tokens the canonical one.
void remembered_revocations::withhold(const revocation_change& change) {
    auto kept = change;
    kept.what.expires_at = core::real_time::max();
    withheld_.apply(kept);
    if (!is_of_organization(kept.what)) return;
    kept.what.value = comparable_organization(change.what.value, form_);
    if (kept.what.value != change.what.value) withheld_.apply(kept);
}

void remembered_revocations::rewind() {
    ++series_;
    judged_at_.reset();
    for (auto& one : closed_)
        one.judged = {};
}

std::optional<remembered_page> remembered_revocations::next_page(std::size_t count) const {
    for (auto i = closed_.size(); i-- > 0;) {
        const auto& one = closed_[i];
        remembered_page page{one.eras, one.seen, {}, series_, i, 0};
        one.log.read(one.judged, [&](const revocation_change& change) {
            ++page.entries;
            if (!change.withdrawn && withheld_.names(change.what)) page.what.push_back(change.what);
            return page.what.size() < count;
        });
        if (!page.what.empty()) return page;
    }
    return std::nullopt;
}

void remembered_revocations::settled(const remembered_page& page) {
    if (page.series != series_ || page.chapter >= closed_.size()) return;
    auto& one = closed_[page.chapter];
    if (auto left = page.entries; left > 0)
        one.judged = one.log.read(one.judged, [&](const revocation_change&) { return --left > 0; });
}

void remembered_revocations::accepted() {
    release();
}

// What the present database has, it has told since, or told when all was read anew.
void remembered_revocations::release() {
    closed_.clear();
    judged_at_.reset();
    ++series_;
    withheld_.forget();
    count();
}

void remembered_revocations::make_room() {
    const auto all_bytes = [this] {
        auto sum = open_->log.bytes();
        for (const auto& one : closed_)
            sum += one.log.bytes();
        return sum;
    };
    while (all_bytes() > terms_.bytes_max) {
        std::erase_if(closed_, [](const chapter& one) { return one.log.entries() == 0; });
        auto& oldest = closed_.empty() ? open_->log : closed_.front().log;
        if (oldest.entries() == 0) return;
        forgotten_.add(oldest.drop_oldest());
        ++series_;
    }
}

void remembered_revocations::count() {
    auto sum = open_->log.entries();
    auto all = open_->log.bytes();
    for (const auto& one : closed_) {
        sum += one.log.entries();
        all += one.log.bytes();
    }
    entries_.set(static_cast<std::int64_t>(sum));
    bytes_.set(static_cast<std::int64_t>(all));
    pending_.set(pending() ? 1 : 0);
}

void remembered_revocations::collect(core::metric_sink& sink) const {
    const auto gauge = [&](const char* name, const char* help, const core::gauge& g) {
        sink.add_gauge(name, help, {}, static_cast<double>(g.value()));
    };
    gauge("auth_remembered_revocations",
          "Revocations that are remembered for a database that may "
          "lose them.",
          entries_);
    gauge("auth_remembered_revocations_bytes", "Memory of these.", bytes_);
    gauge("auth_revocations_unsettled",
          "1 while the database has not judged what is remembered "
          "since it changed: those credentials get 503.",
          pending_);
    sink.add_counter("auth_remembered_revocations_forgotten_total",
                     "Revocations forgotten for want of room (cache.remembered_max_bytes).", {},
                     static_cast<double>(forgotten_.value()));
}

} // namespace latchkey::auth
