#pragma once
// Checks a history against the promise: each answer was true in the database at some time not
// earlier than the question's arrival − max_staleness; a revocation that every node has applied
// counts from then on, also if the database loses it (truth.hpp); and there is an answer, unless
// something is broken, or was broken until a moment ago.
//
//   for (const auto& v : judge(what_happened, {.bound = 2s}))
//       std::cout << text(v, what_happened);

#include "history.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace latchkey::history {

struct rules {
    moment bound = std::chrono::seconds(2);    ///< cache.max_staleness
    moment recovery = std::chrono::seconds(5); ///< how long after a fault its effects may be seen
    /// How much longer answers may be missing: a node that was behind waits for the others.
    moment settling{};
    /// The bound if nothing has been broken for `recovery`.
    moment quiet_bound = moment::max();
};

enum class offence {
    believed,   ///< VALID, though that stopped being true before the bound
    refused,    ///< not VALID, though VALID was true all the time
    mistaken,   ///< another code than any that was true
    undecided,  ///< 503 without a fault
    unanswered, ///< no answer without a fault
    forgotten,  ///< an acknowledged write is gone, and no fault explains it
};
std::string name(offence);

struct violation {
    offence what;
    std::size_t at; ///< index in the history: of the read, or for `forgotten` of the write
    std::set<std::string> right; ///< the codes that would have been right
};

/// Violations in the order of the reads; forgotten writes come last.
std::vector<violation> judge(const history&, const rules&);

/// The revocations that every node had applied, and the database lost.
struct obeyed_and_lost {
    int remembered = 0; ///< by a node that lived on: they must hold
    int forgotten = 0;  ///< by all: they need not
};
obeyed_and_lost count_obeyed_and_lost(const history&, const rules&);

/// The codes that may have been true of the subject at some time in the span, both ends included.
std::set<std::string> possible(const history&, const std::string& subject, span);

/// The violation, with what happened to its subject around it.
std::string text(const violation&, const history&, const rules&);

} // namespace latchkey::history
