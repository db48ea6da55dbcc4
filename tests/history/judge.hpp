#pragma once
// Holds a history against the promise: an answer was true in the database at some time not earlier
// than the question's arrival − max_staleness; and there is an answer, unless something is broken
// or was until a moment ago.
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
    moment recovery = std::chrono::seconds(5); ///< how long after a fault its traces may be seen
    /// The bound where nothing has been broken since `recovery`.
    moment quiet_bound = moment::max();
};

enum class offence {
    believed,   ///< VALID, though it had ceased to be true before the bound
    refused,    ///< not VALID, though it had been so all along
    mistaken,   ///< another code than any that was true
    undecided,  ///< 503 without a fault
    unanswered, ///< no answer without a fault
    forgotten,  ///< an acknowledged write is gone, and nothing had happened that loses any
};
std::string name(offence);

struct violation {
    offence what;
    std::size_t at;              ///< the read, or for `forgotten` the write, in the history
    std::set<std::string> right; ///< the codes that would have been
};

/// In the order of the reads; forgotten writes last.
std::vector<violation> judge(const history&, const rules&);

/// The codes that may have been true of the subject at some time of the span, ends included.
std::set<std::string> possible(const history&, const std::string& subject, span);

/// The violation amid what happened to its subject.
std::string text(const violation&, const history&, const rules&);

} // namespace latchkey::history
