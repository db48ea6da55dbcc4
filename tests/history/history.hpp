#pragma once
// What happened in one run: who wrote what and when, what was asked and answered, what was broken.
// Plain data; the judge reads nothing else.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::history {

/// Time since the run began, by the harness's monotonic clock.
using moment = std::chrono::nanoseconds;

struct span {
    moment from{};
    moment to{};
};

enum class outcome {
    acknowledged, ///< committed between begin and end
    failed,       ///< certainly not committed
    unknown,      ///< perhaps committed, at any time after begin
};

/// After it, a question about `subject` is answered with `code`.
struct write {
    int id = 0;
    std::string subject;
    std::string code;
    moment begin{};
    moment end = moment::max(); ///< of the acknowledgement
    outcome how = outcome::unknown;
    /// It was acknowledged as applied by every node: no later answer may be older.
    bool everywhere = false;
    /// A fail-over or a restored copy did not contain it. Within this time it stopped being true,
    /// or began to hold by what the nodes remember (truth.hpp).
    std::optional<span> lost{};
    std::string by{}; ///< the writer, for the report
};

/// A question to one node and its answer: a verdict's code, an HTTP status, or no_answer.
struct read {
    std::string subject;
    int node = 0;
    moment begin{};
    moment end{};
    std::string code;
};
inline const std::string unavailable = "503";
inline const std::string no_answer = "none";
inline const std::string valid = "VALID";

/// Something was broken.
struct fault {
    std::string name;
    int node = -1; ///< -1 for all nodes
    moment begin{};
    moment end = moment::max();
    bool breaks = true;               ///< verdicts may be missing
    bool forgets = false;             ///< the node's process ended, with what it remembered
    bool loses = false;               ///< it may lose acknowledged writes
    std::vector<std::string> codes{}; ///< right while it lasts, besides the true ones
};

struct history {
    int nodes = 2;
    std::map<std::string, std::string> initial{}; ///< each subject's code before all writes
    std::vector<write> writes{};                  ///< one subject's are in the order of their begin
    std::vector<read> reads{};
    std::vector<fault> faults{};
    /// An operator has said that the database counts as it is, with all that it has lost.
    std::vector<span> accepted{};
};

} // namespace latchkey::history
