#pragma once
// A history that a case tells step by step, and asks the judge about.

#include "../judge.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

namespace latchkey::history {

// The operating system has a function of that name.
using written = latchkey::history::write;

// The bound is 2 s and the recovery 5 s.
struct story {
    latchkey::history::history h{.initial = {{"k", "VALID"}, {"unborn", "NOT_FOUND"}}};

    written& writes(moment begin, moment end, std::string code, std::string subject = "k") {
        written w;
        w.id = static_cast<int>(h.writes.size());
        w.subject = std::move(subject);
        w.code = std::move(code);
        w.begin = begin;
        w.end = end;
        w.how = outcome::acknowledged;
        h.writes.push_back(std::move(w));
        return h.writes.back();
    }
    fault& breaks(moment begin, moment end, int node = -1) {
        h.faults.push_back({.name = "it breaks", .node = node, .begin = begin, .end = end});
        return h.faults.back();
    }
    /// Returns what is wrong with one answer to a question at `begin` that took a millisecond; ""
    /// if nothing.
    std::string answered(moment begin, std::string code, std::string subject = "k", int node = 0) {
        return answered_late(begin, begin + std::chrono::milliseconds(1), std::move(code),
                             std::move(subject), node);
    }
    std::string answered_late(moment begin, moment end, std::string code, std::string subject = "k",
                              int node = 0) {
        h.reads = {{std::move(subject), node, begin, end, std::move(code)}};
        const auto found = judge(h, by);
        BOOST_REQUIRE(found.size() <= 1);
        return found.empty() ? "" : name(found[0].what);
    }
    std::string whole() {
        h.reads.clear();
        const auto found = judge(h, by);
        return found.empty() ? "" : name(found[0].what);
    }
    rules by;
};

inline const std::string right;
inline const auto believed = name(offence::believed);
inline const auto refused = name(offence::refused);
inline const auto mistaken = name(offence::mistaken);
inline const auto undecided = name(offence::undecided);
inline const auto unanswered = name(offence::unanswered);
inline const auto forgotten = name(offence::forgotten);

} // namespace latchkey::history
