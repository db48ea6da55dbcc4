#include "judge.hpp"

#include <algorithm>

namespace latchkey::history {

namespace {

bool may_be_there(const write& w, moment t) {
    return !w.lost || t <= w.lost->to;
}
bool must_be_there(const write& w, moment t) {
    return w.how == outcome::acknowledged && t >= w.end && (!w.lost || t < w.lost->from);
}

/// One subject's writes, found once for all of its reads.
class register_of_one {
  public:
    explicit register_of_one(std::string initial) : initial_(std::move(initial)) {}
    void add(const write& w) {
        if (w.how != outcome::failed) writes_.push_back(&w);
    }

    std::set<std::string> possible(span in) const {
        auto codes = possible_at(in.from);
        // The set of codes that may be true changes only at these moments; a code that becomes
        // impossible at one was possible before it.
        for (const auto t : turning_points())
            if (t > in.from && t <= in.to) codes.merge(possible_at(t));
        return codes;
    }
    /// The time that an answer to a question at `begin` must not be older than.
    moment oldest(moment begin, moment bound) const {
        auto from = begin - bound;
        for (const auto* w : writes_)
            if (w->everywhere && must_be_there(*w, begin)) from = std::max(from, w->end);
        return from;
    }

  private:
    std::set<std::string> possible_at(moment t) const {
        std::set<std::string> codes{initial_};
        for (const auto* w : writes_) {
            if (w->begin > t) continue;
            if (must_be_there(*w, t)) codes.clear();
            if (may_be_there(*w, t)) codes.insert(w->code);
        }
        return codes;
    }
    std::vector<moment> turning_points() const {
        std::vector<moment> all;
        for (const auto* w : writes_) {
            all.push_back(w->begin);
            all.push_back(w->end);
            if (w->lost) all.push_back(w->lost->from);
        }
        return all;
    }

    std::string initial_;
    std::vector<const write*> writes_;
};

using registers = std::map<std::string, register_of_one>;

registers read_registers(const history& h) {
    registers all;
    for (const auto& [subject, code] : h.initial)
        all.emplace(subject, register_of_one(code));
    for (const auto& w : h.writes)
        all.try_emplace(w.subject, register_of_one("?")).first->second.add(w);
    return all;
}

moment later(moment t, moment by) {
    return t > moment::max() - by ? moment::max() : t + by;
}

bool overlaps(const fault& f, const read& r, moment recovery) {
    return (f.node == -1 || f.node == r.node) && r.end >= f.begin &&
           r.begin <= later(f.end, recovery);
}

bool is_excused(const history& h, const read& r, moment recovery) {
    return std::ranges::any_of(h.faults,
                               [&](const auto& f) { return f.breaks && overlaps(f, r, recovery); });
}

bool fault_allows(const history& h, const read& r, moment recovery) {
    return std::ranges::any_of(h.faults, [&](const fault& f) {
        return overlaps(f, r, recovery) && std::ranges::count(f.codes, r.code) > 0;
    });
}

offence offence_of(const read& r, const std::set<std::string>& right) {
    if (r.code == valid) return offence::believed;
    return right == std::set<std::string>{valid} ? offence::refused : offence::mistaken;
}

bool is_explained(const history& h, const write& w, moment recovery) {
    return std::ranges::any_of(
        h.faults, [&](const fault& f) { return f.loses && w.begin <= later(f.end, recovery); });
}

void judge_read(const history& h, const rules& by, const register_of_one& truth, std::size_t at,
                std::vector<violation>& found) {
    const auto& r = h.reads[at];
    const bool excused = is_excused(h, r, by.recovery);
    if (r.code == unavailable || r.code == no_answer) {
        if (!excused)
            found.push_back(
                {r.code == unavailable ? offence::undecided : offence::unanswered, at, {}});
        return;
    }
    const auto bound = excused ? by.bound : std::min(by.bound, by.quiet_bound);
    auto right = truth.possible({truth.oldest(r.begin, bound), r.end});
    if (right.contains(r.code) || fault_allows(h, r, by.recovery)) return;
    found.push_back({offence_of(r, right), at, std::move(right)});
}

} // namespace

std::string name(offence what) {
    switch (what) {
    case offence::believed:
        return "believed past the bound";
    case offence::refused:
        return "refused, though it was good";
    case offence::mistaken:
        return "an answer that was not true";
    case offence::undecided:
        return "undecided without a fault";
    case offence::unanswered:
        return "unanswered without a fault";
    case offence::forgotten:
        return "acknowledged, and forgotten without a fault";
    }
    return "?";
}

std::set<std::string> possible(const history& h, const std::string& subject, span in) {
    const auto all = read_registers(h);
    const auto found = all.find(subject);
    return found == all.end() ? std::set<std::string>{} : found->second.possible(in);
}

std::vector<violation> judge(const history& h, const rules& by) {
    auto truth = read_registers(h);
    std::vector<violation> found;
    for (std::size_t i = 0; i < h.reads.size(); ++i) {
        const auto of = truth.try_emplace(h.reads[i].subject, register_of_one("?")).first;
        judge_read(h, by, of->second, i, found);
    }
    for (std::size_t i = 0; i < h.writes.size(); ++i) {
        const auto& w = h.writes[i];
        if (w.how == outcome::acknowledged && w.lost && !is_explained(h, w, by.recovery))
            found.push_back({offence::forgotten, i, {}});
    }
    return found;
}

} // namespace latchkey::history
