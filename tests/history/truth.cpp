#include "truth.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::history {

namespace {

bool may_be_there(const write& w, moment t) {
    return !w.lost || t <= w.lost->to;
}
bool must_be_there(const write& w, moment t) {
    return w.how == outcome::acknowledged && t >= w.end && (!w.lost || t < w.lost->from);
}
moment later(moment t, moment by) {
    return t > moment::max() - by ? moment::max() : t + by;
}

} // namespace

bool refuses(const write& w) {
    return w.code != valid;
}

// An organization is disabled; everything else is revoked, whatever else it was.
std::string held_as(const std::string& code) {
    return code == "ORGANIZATION_DISABLED" ? code : "REVOKED";
}

bool is_remembered(const write& w, const history& all, moment recovery) {
    if (!w.lost) return false;
    const auto lives_on = [&](int node) {
        return std::ranges::none_of(all.faults, [&](const fault& f) {
            return f.forgets && f.node == node && f.end >= w.begin &&
                   f.begin <= later(w.lost->to, recovery);
        });
    };
    for (int n = 0; n < all.nodes; ++n)
        if (lives_on(n)) return true;
    return false;
}

truth_of_one::truth_of_one(std::string initial, const history& all, moment recovery)
    : initial_(std::move(initial)), all_(all), recovery_(recovery) {}

void truth_of_one::add(const write& w) {
    if (w.how != outcome::failed) writes_.push_back(&w);
}

std::set<std::string> truth_of_one::possible(span in) const {
    auto codes = possible_at(in.from);
    // The set of codes that may be true changes only at these moments; a code that becomes
    // impossible at one was possible before it.
    for (const auto t : turning_points())
        if (t > in.from && t <= in.to) codes.merge(possible_at(t));
    return codes;
}

moment truth_of_one::oldest(moment begin, moment bound) const {
    auto from = begin - bound;
    for (const auto* w : writes_)
        if (w->everywhere && (must_be_there(*w, begin) || holds_for_certain(*w, begin)))
            from = std::max(from, w->end);
    return from;
}

std::set<std::string> truth_of_one::possible_at(moment t) const {
    std::set<std::string> codes{initial_};
    std::set<std::string> held; // besides what its own row says
    for (const auto* w : writes_) {
        if (w->begin > t) continue;
        if (must_be_there(*w, t)) {
            codes.clear();
            held.clear(); // its own row says it all
        }
        if (holds_for_certain(*w, t)) codes.erase(valid);
        if (may_be_there(*w, t)) codes.insert(w->code);
        if (may_hold(*w, t)) held.insert(held_as(w->code));
    }
    codes.merge(held);
    return codes;
}

std::vector<moment> truth_of_one::turning_points() const {
    std::vector<moment> times;
    for (const auto* w : writes_) {
        times.push_back(w->begin);
        times.push_back(w->end);
        if (w->lost) times.push_back(w->lost->from);
    }
    for (const auto& a : all_.accepted)
        times.push_back(a.from);
    return times;
}

// When the database in which it was lost had begun.
moment truth_of_one::replaced_at(const write& w) const {
    moment last{};
    for (const auto& f : all_.faults)
        if (f.loses && f.begin <= w.lost->from) last = std::max(last, f.begin);
    return last;
}

bool truth_of_one::may_hold(const write& w, moment t) const {
    if (!refuses(w)) return false;
    // If it was committed by a server that was no primary any more, nothing tells.
    if (!w.lost)
        return w.how == outcome::unknown &&
               std::ranges::any_of(all_.faults, [](const fault& f) { return f.loses; });
    if (t < w.lost->from) return false;
    const auto since = replaced_at(w);
    return std::ranges::none_of(all_.accepted,
                                [&](const span& a) { return a.to >= since && a.to < t; });
}

bool truth_of_one::holds_for_certain(const write& w, moment t) const {
    if (!w.everywhere || !refuses(w) || !w.lost || w.how != outcome::acknowledged) return false;
    if (t < std::max(w.end, w.lost->from)) return false;
    const auto since = replaced_at(w);
    const bool may_be_accepted = std::ranges::any_of(
        all_.accepted, [&](const span& a) { return a.to >= since && a.from <= t; });
    return !may_be_accepted && !may_be_restored(w, t) && is_remembered(w, all_, recovery_);
}

// What restored it may be lost as well: some node may have applied it. And in the database that
// goes on, a restoration counts though the old one took the revocation only later. Restorations
// that are there and came later are seen by their own codes.
bool truth_of_one::may_be_restored(const write& w, moment t) const {
    const auto since = replaced_at(w);
    return std::ranges::any_of(writes_, [&](const write* other) {
        if (refuses(*other)) return false;
        const bool is_later = other->begin >= w.begin;
        return is_later ? other->lost && other->begin <= t
                        : !other->lost && since <= w.begin && other->end >= since;
    });
}

} // namespace latchkey::history
