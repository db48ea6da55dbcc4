#pragma once
// What happened in one run: who wrote what and when, what was asked and answered, what was broken.
// Plain data. The judge reads it, and nothing else.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::history {

/// Of the harness's monotonic clock, since the run began.
using moment = std::chrono::nanoseconds;

struct span {
    moment from{};
    moment to{};
};

enum class outcome {
    acknowledged, ///< committed between begin and end
    failed,       ///< certainly not committed
    unknown,      ///< perhaps, at any time after begin
};

/// From it on, a question about `subject` is answered with `code`.
struct write {
    int id = 0;
    std::string subject;
    std::string code;
    moment begin{};
    moment end = moment::max(); ///< of the acknowledgement
    outcome how = outcome::unknown;
    /// It was acknowledged as applied by every node: no answer may be older.
    bool everywhere = false;
    /// A fail-over or a restored copy went without it. It ceased to be true within this time.
    std::optional<span> lost{};
    std::string by{}; ///< the writer, for the reader of a report
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
    int node = -1; ///< -1: for all of them
    moment begin{};
    moment end = moment::max();
    bool breaks = true;               ///< there may be no verdicts
    bool loses = false;               ///< acknowledged writes may be lost by it
    std::vector<std::string> codes{}; ///< right while it lasts, beside what is true
};

struct history {
    std::map<std::string, std::string> initial{}; ///< each subject's code before all writes
    std::vector<write> writes{}; ///< of one subject in the order of their beginnings
    std::vector<read> reads{};
    std::vector<fault> faults{};
};

} // namespace latchkey::history
