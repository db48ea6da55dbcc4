#include "judge.hpp"
#include "truth.hpp"

#include <algorithm>

namespace latchkey::history {

namespace {

using truths = std::map<std::string, truth_of_one>;

truths read_truths(const history& h, const rules& by) {
    truths all;
    for (const auto& [subject, code] : h.initial)
        all.emplace(subject, truth_of_one(code, h, by.recovery));
    for (const auto& w : h.writes)
        all.try_emplace(w.subject, truth_of_one("?", h, by.recovery)).first->second.add(w);
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

void judge_read(const history& h, const rules& by, const truth_of_one& truth, std::size_t at,
                std::vector<violation>& found) {
    const auto& r = h.reads[at];
    const bool excused = is_excused(h, r, by.recovery);
    if (r.code == unavailable || r.code == no_answer) {
        if (!excused && !is_excused(h, r, by.recovery + by.settling))
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
    const auto all = read_truths(h, {});
    const auto found = all.find(subject);
    return found == all.end() ? std::set<std::string>{} : found->second.possible(in);
}

std::vector<violation> judge(const history& h, const rules& by) {
    auto truth = read_truths(h, by);
    std::vector<violation> found;
    for (std::size_t i = 0; i < h.reads.size(); ++i) {
        const auto of =
            truth.try_emplace(h.reads[i].subject, truth_of_one("?", h, by.recovery)).first;
        judge_read(h, by, of->second, i, found);
    }
    for (std::size_t i = 0; i < h.writes.size(); ++i) {
        const auto& w = h.writes[i];
        if (w.how == outcome::acknowledged && w.lost && !is_explained(h, w, by.recovery))
            found.push_back({offence::forgotten, i, {}});
    }
    return found;
}

obeyed_and_lost count_obeyed_and_lost(const history& h, const rules& by) {
    obeyed_and_lost out;
    for (const auto& w : h.writes)
        if (w.everywhere && w.lost && refuses(w))
            ++(is_remembered(w, h, by.recovery) ? out.remembered : out.forgotten);
    return out;
}

} // namespace latchkey::history
