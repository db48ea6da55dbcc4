#include "judge.hpp"

#include <algorithm>
#include <cstdio>

namespace latchkey::history {

namespace {

constexpr std::size_t neighbours = 3; // reads that are shown before and after

std::string seconds(moment t) {
    if (t == moment::max()) return "open";
    char out[32];
    std::snprintf(out, sizeof out, "%.4f", std::chrono::duration<double>(t).count());
    return out;
}
std::string seconds(moment from, moment to) {
    return seconds(from) + "–" + seconds(to);
}

std::string text(const write& w) {
    static const char* const outcomes[] = {"acknowledged", "failed", "unknown"};
    auto out = "    write " + std::to_string(w.id) + "  " + seconds(w.begin, w.end) + "  " +
               w.subject + " := " + w.code + "  " + outcomes[static_cast<int>(w.how)];
    if (w.everywhere) out += " by every node";
    if (w.lost) out += ", lost " + seconds(w.lost->from, w.lost->to);
    return out + "  (" + w.by + ")\n";
}

std::string text(const read& r) {
    return seconds(r.begin, r.end) + "  node " + std::to_string(r.node) + "  " + r.subject + " = " +
           r.code + "\n";
}

// Reads of the same subject by the same node.
std::string around(const history& h, std::size_t at) {
    std::vector<std::size_t> same;
    for (std::size_t i = 0; i < h.reads.size(); ++i)
        if (h.reads[i].subject == h.reads[at].subject && h.reads[i].node == h.reads[at].node)
            same.push_back(i);
    const auto here = static_cast<std::size_t>(std::ranges::find(same, at) - same.begin());
    std::string out;
    for (auto i = here - std::min(here, neighbours);
         i < std::min(same.size(), here + neighbours + 1); ++i)
        out += (i == here ? "  > read  " : "    read  ") + text(h.reads[same[i]]);
    return out;
}

std::string faults_near(const history& h, span when, moment recovery) {
    std::string out;
    for (const auto& f : h.faults)
        if (f.begin - recovery <= when.to &&
            (f.end == moment::max() || f.end + recovery >= when.from))
            out += "    fault " + f.name + "  " + seconds(f.begin, f.end) +
                   (f.node < 0 ? "" : "  node " + std::to_string(f.node)) + "\n";
    return out;
}

std::string listed(const std::set<std::string>& codes) {
    std::string out;
    for (const auto& c : codes)
        out += (out.empty() ? "" : " or ") + c;
    return out;
}

} // namespace

std::string text(const violation& v, const history& h, const rules& by) {
    const bool of_write = v.what == offence::forgotten;
    const auto& subject = of_write ? h.writes[v.at].subject : h.reads[v.at].subject;
    const span when = of_write ? span{h.writes[v.at].begin, h.writes[v.at].end}
                               : span{h.reads[v.at].begin - by.bound, h.reads[v.at].end};
    auto out = "  " + name(v.what) + ": " + subject;
    if (!v.right.empty()) out += "; right would be " + listed(v.right);
    out += '\n';
    const auto initial = h.initial.find(subject);
    if (initial != h.initial.end()) out += "    at first " + initial->second + "\n";
    for (const auto& w : h.writes)
        if (w.subject == subject) out += text(w);
    if (!of_write) out += around(h, v.at);
    return out + faults_near(h, when, by.recovery);
}

} // namespace latchkey::history
