#include "run.hpp"
#include "actors.hpp"
#include "faults.hpp"
#include "machine_watch.hpp"
#include "subjects.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <thread>

namespace latchkey::history {

namespace {

constexpr int shown_of_each = 3;
constexpr std::size_t log_lines = 25;

struct happened {
    history what;
    std::vector<std::string> complaints;
    std::vector<std::string> logs;
};

happened let_happen(const schedule& s, std::uint64_t seed, const base& all,
                    const std::string& folder) {
    world w(s, all, folder);
    auto tokens = w.issue_tokens();
    recorder r(initial_codes());
    std::optional<machine_watch> machine(std::in_place, bystander::folder_in(all.folder), r);
    faults f(w, r, s);
    actors busy(w, r, s, seed, std::move(tokens));
    for (const auto& one : s.steps) {
        std::this_thread::sleep_for(one.at - r.now());
        f.perform(one);
    }
    // After this time, no fault has effects any more.
    std::this_thread::sleep_for(rules_of(s).recovery + s.tail);
    busy.stop();
    machine.reset();
    happened out{r.take(survivors_in(f.truth(), r)), f.complaints(), {}};
    for (const auto& one : w.node_of)
        if (const auto process = one->process()) out.logs.push_back(process->log());
    return out;
}

// The log without what it says of every single question.
std::string without_requests(const std::string& log) {
    std::istringstream lines(log);
    std::string out;
    for (std::string line; std::getline(lines, line);)
        if (line.find("\"message\":\"request\"") == line.npos) out += line + '\n';
    return out;
}

std::string last_lines(const std::string& text) {
    auto from = text.size();
    for (std::size_t i = 0; i <= log_lines && from != std::string::npos && from > 0; ++i)
        from = text.rfind('\n', from - 1);
    return from == std::string::npos ? text : text.substr(from == 0 ? 0 : from + 1);
}

void write_figures(const history& h, std::ostream& out) {
    std::map<std::string, int> codes;
    for (const auto& r : h.reads)
        ++codes[r.code];
    const auto count = [&](auto is) { return std::ranges::count_if(h.writes, is); };
    out << "  " << h.writes.size() << " writes, "
        << count([](const write& w) { return w.how == outcome::unknown; }) << " in doubt, "
        << count([](const write& w) { return w.how == outcome::failed; }) << " failed, "
        << count([](const write& w) { return w.lost.has_value(); }) << " lost; " << h.reads.size()
        << " reads:";
    for (const auto& [code, n] : codes)
        out << ' ' << code << ' ' << n;
    out << '\n';
    moment busy{};
    for (const auto& f : h.faults)
        if (f.name == machine_was_busy) busy += f.end - f.begin;
    if (busy.count() > 0)
        out << "  the machine was busy for "
            << std::chrono::duration_cast<std::chrono::milliseconds>(busy).count() << " ms\n";
}

void write_obeyed_and_lost(const obeyed_and_lost& n, std::ostream& out) {
    if (n.remembered + n.forgotten == 0) return;
    out << obeyed_and_lost_line << n.remembered << " have to hold";
    if (n.forgotten > 0) out << ", " << n.forgotten << " are remembered by no node that lived on";
    out << '\n';
}

void write_violations(const std::vector<violation>& found, const history& h, const rules& by,
                      std::ostream& out) {
    std::map<offence, int> counts;
    for (const auto& v : found)
        if (++counts[v.what] <= shown_of_each) out << text(v, h, by);
    for (const auto& [what, n] : counts)
        out << "  " << n << " × " << name(what) << '\n';
}

} // namespace

rules rules_of(const schedule& s) {
    rules by;
    by.settling = std::chrono::seconds(3); // database.settle_wait
    by.bound = s.max_staleness;
    if (s.quiet_bound.count() > 0) by.quiet_bound = s.quiet_bound;
    return by;
}

bool run(const schedule& s, std::uint64_t seed, const base& all, const std::string& folder,
         const std::string& replay, std::ostream& out) {
    out << text(s);
    const auto got = let_happen(s, seed, all, folder);
    const auto by = rules_of(s);
    const auto found = judge(got.what, by);
    auto complaints = got.complaints;
    const auto obeyed = count_obeyed_and_lost(got.what, by);
    if (s.loses_obeyed && obeyed.remembered == 0)
        complaints.push_back(
            "no revocation that all nodes had obeyed got lost: this shows nothing");
    write_figures(got.what, out);
    write_obeyed_and_lost(obeyed, out);
    write_violations(found, got.what, by, out);
    for (const auto& c : complaints)
        out << "  " << c << '\n';
    const bool is_right = found.empty() && complaints.empty();
    if (is_right) return true;
    if (s.apart) {
        out << "  counted apart: " << found.size() << " answers\n";
        return complaints.empty();
    }
    for (std::size_t i = 0; i < got.logs.size(); ++i)
        out << "  the last lines of node " << i << ":\n"
            << last_lines(without_requests(got.logs[i])) << '\n';
    out << "  again: " << replay << '\n';
    return false;
}

} // namespace latchkey::history
